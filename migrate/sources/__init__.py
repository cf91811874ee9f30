"""Where history comes from. Each source yields the nouns of `migrate.model`; none knows what becomes of them."""

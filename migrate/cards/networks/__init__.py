"""One small grammar for each network: what its addresses look like, and what is wrong with those that are not."""

"""The Session bridge: one account of its owner, as another device of it would be."""

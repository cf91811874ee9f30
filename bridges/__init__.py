"""Bridges between Session and other networks: one module per network, found through entry points."""

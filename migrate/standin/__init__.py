"""A Session network of a few nodes on this machine, for tests and for trying things out. Loopback addresses only."""

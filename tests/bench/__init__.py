"""How fast decamp is, and against what: `make bench`. No test; docs/performance.md explains the figures."""

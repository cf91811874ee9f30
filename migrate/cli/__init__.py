"""The command line: translates words into one call of the core, and prints what came of it."""

"""The relay: what is said in one place is said in the others, once, in order, and never silently lost."""

"""What it takes to print: a small PDF writer, the widths of its letters, and names in any script as outlines."""

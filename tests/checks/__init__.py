"""What must be true of the repository itself, whatever the program does."""

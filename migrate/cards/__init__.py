"""Where to find somebody from now on: addresses, the signed statement that names them, and the cards that show both."""

"""The Session protocol, without a socket, a file or a clock: bytes and words in, nouns out."""

"""Values in, bytes out: documents for people and other programs."""

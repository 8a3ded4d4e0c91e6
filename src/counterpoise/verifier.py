"""Proves an exported journal with nothing but its bytes and its key."""

"""Carry approved orders out, exactly once."""

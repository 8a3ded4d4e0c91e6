"""Which events follow from a fact: a pure function of (sequence, fact)."""

"""The outside world, one file a thing; only wiring knows what is here."""

"""The loop on real market prices, for a person to watch."""

"""What we hear and say: events in and out."""

"""Facts in, never changed: bytes, seals, order and bookings of an account's journal."""

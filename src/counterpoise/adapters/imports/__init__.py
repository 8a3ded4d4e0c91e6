"""Files of users, read into values."""

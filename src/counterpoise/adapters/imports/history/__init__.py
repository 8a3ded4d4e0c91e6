"""Files of users that tell what happened in an account, read into values."""

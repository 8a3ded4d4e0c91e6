"""The overview page of an account, part by part."""

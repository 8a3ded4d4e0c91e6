"""Venues behind the Broker port."""

"""Numbers about series, each naming its definition and its period count."""

"""The field's words as frozen values: what a number, an instrument, an order and a fact are."""

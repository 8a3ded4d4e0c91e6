"""The one Python surface of the product."""

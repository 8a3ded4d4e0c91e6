"""The house rules that ruff, mypy and the import contracts cannot state; `./dev check` runs them."""

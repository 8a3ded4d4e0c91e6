"""The book of an account: state is the fold of its facts."""

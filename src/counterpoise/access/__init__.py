"""Who may do what: scopes and policies."""

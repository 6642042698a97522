"""The audits: what dialects, protocols and ranges keep and lose, and what each of their conditions is needed for."""

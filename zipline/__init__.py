"""Point-in-time correct features: one definition, one meaning, on every engine."""

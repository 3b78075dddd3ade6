"""Small changes to the code, each of which a test must catch: `python -m tests.mutants`."""

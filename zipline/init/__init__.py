"""What `zipline init` writes: an example that runs, or a first module for the files that a team already has."""

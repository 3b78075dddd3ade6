"""The rules of `zipline lint`, one file each; a rule is a function from what is judged to its findings."""

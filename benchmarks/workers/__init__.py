"""Contenders that need a process of their own: other dependencies, or a memory peak that is theirs alone.

A worker is started as ``PYTHON -m benchmarks.workers.NAME ARGUMENTS...`` and speaks one line of JSON for
each run. It measures itself, so that start-up, imports and the writing of answers do not count.
"""

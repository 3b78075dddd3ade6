"""Measure every number that the README claims; ``python -m benchmarks list`` names them."""

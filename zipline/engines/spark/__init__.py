"""Spark: plans as DataFrames, and the kernel inside its tasks."""

"""Where plans run: each engine lowers the same plan, and all share the kernels."""

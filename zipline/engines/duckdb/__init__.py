"""The engine for one machine: DuckDB scans, filters and encodes; the kernels answer the windows."""

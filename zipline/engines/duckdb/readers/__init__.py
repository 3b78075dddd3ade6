"""Tables that DuckDB cannot read itself: each is read by its own library, in Arrow batches."""

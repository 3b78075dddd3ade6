"""The demo: real flights made into Parquet files, a training set, and what a careless join leaks."""

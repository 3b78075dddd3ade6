"""History into the online store from Spark's executors: they read the tables, make facts, and write them, in lanes."""

"""Records as rows: JSON, Avro and Arrow into the columns that a source was registered with."""

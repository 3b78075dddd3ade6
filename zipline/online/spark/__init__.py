"""The online ingestion as a Spark Structured Streaming query: `zipline stream --engine spark`."""

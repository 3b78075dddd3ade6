"""How writers, compaction, bulk and readers use the store, as steps that know no store, clock or thread."""

"""The nouns in which features are defined: entities, sources, windows, aggregations, views, services."""

"""From definitions to a plan that every engine can lower: nodes, passes, types."""

"""The same definitions, online: streams into state, state into values, bit for bit what training saw."""

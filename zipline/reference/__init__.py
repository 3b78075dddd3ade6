"""The oracle: what a feature value means, by brute force over plain Python rows.

Slow and obvious on purpose. It shares with the engines only the definitions, the reading of expressions into
trees, and zipline's own mathematics; everything else is written a second time, so that two independent
readings of the semantics have to agree.
"""

from zipline.reference.training_set import column_types, training_set

__all__ = ["column_types", "training_set"]

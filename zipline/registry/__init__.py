"""The registry: identities of definitions, their numbers, and the records from which a version can be computed."""

from zipline.registry.applied import Applied, Facts
from zipline.registry.changes import Change, Changes, FieldChange
from zipline.registry.records import Record
from zipline.registry.uses import Use

__all__ = ["Applied", "Change", "Changes", "Facts", "FieldChange", "Record", "Use"]

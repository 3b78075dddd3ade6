"""Write versions of ids that may move to other entities: documents are told of each other through an index of ids."""

from __future__ import annotations

from zipline.online.protocol.blind import Blind


class Indexed(Blind):
    """Writes versions of ids to documents, and stubs of them where the ids' other versions lie."""

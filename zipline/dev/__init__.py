"""A repository's whole online system in one process: what `zipline dev` runs, and the demo's second act."""

from zipline.dev.clock import Clock
from zipline.dev.parts import Dev

__all__ = ["Clock", "Dev"]

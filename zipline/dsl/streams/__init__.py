"""Streams: where a source's events come from as they happen."""

from zipline.dsl.streams.kafka import Kafka
from zipline.dsl.streams.push import Push
from zipline.dsl.streams.stream import Stream

__all__ = ["Kafka", "Push", "Stream"]

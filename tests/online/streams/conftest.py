"""The broker that the tests of this folder share."""

from tests.services.kafka import kafka_broker

__all__ = ["kafka_broker"]

"""Dead letters: records that are no rows, kept with the reason, so that somebody can mend and send them again.

A record is told at least once: again when it is read again. Topic, partition and offset tell that it is the same.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from zipline.online.streams.base import Partition


@dataclass(frozen=True)
class Letter:
    """A record that is no row.

    Attributes:
        source: whose stream it came in.
        partition, offset: where it is.
        reasons: view -> why.
        value: as it came.
    """

    source: str
    partition: Partition
    offset: int
    reasons: Mapping[str, str]
    value: bytes


class DeadLetters(Protocol):
    """A place for them."""

    def write(self, letters: Sequence[Letter]) -> None:
        """Keep letters; they are durable when it returns.

        Raises:
            StreamError: the place does not take them.
        """

    def close(self) -> None:
        """Let go of it."""


class DeadLetterFolder:
    """A folder with a file of JSON lines for each source."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, letters: Sequence[Letter]) -> None:
        """Append letters to the files of their sources."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for source in sorted({each.source for each in letters}):
            lines = "".join(json.dumps(letter_json(each)) + "\n" for each in letters if each.source == source)
            with (self._folder / f"{source}.jsonl").open("ab") as file:
                file.write(lines.encode())
                file.flush()
                os.fsync(file.fileno())

    def close(self) -> None:
        """Nothing is held open."""


class Sender(Protocol):
    """What is used of a Kafka client to write records."""

    def send(self, topic: str, values: Sequence[tuple[bytes, Mapping[str, str]]]) -> None:
        """Write records, value and headers of each; they are in the topic when it returns.

        Raises:
            StreamError: they are not.
        """

    def close(self) -> None:
        """Close connections."""


class DeadLetterTopic:
    """A topic: each record with its value as it came, and the rest in its headers.

    Args:
        topic: its name.
        open: opens what writes to it, when the first letter comes.
    """

    def __init__(self, topic: str, open: Callable[[], Sender]) -> None:
        self._topic, self._open = topic, open
        self._sender: Sender | None = None

    def write(self, letters: Sequence[Letter]) -> None:
        """Write letters to the topic."""
        self._sender = self._sender or self._open()
        self._sender.send(self._topic, [(each.value, _headers(each)) for each in letters])

    def close(self) -> None:
        """Close connections."""
        if self._sender is not None:
            self._sender.close()


def _headers(letter: Letter) -> dict[str, str]:
    return {
        "source": letter.source, "topic": letter.partition.topic, "partition": str(letter.partition.number),
        "offset": str(letter.offset), "reasons": json.dumps(dict(letter.reasons)),
    }  # fmt: skip


def letter_json(letter: Letter) -> dict[str, Any]:
    """Return a letter as JSON; a value that is no text is in base64.

    >>> letter_json(Letter("flights", Partition("landed", 0), 7, {"delays@1": "not JSON"}, b"x"))["value"]
    'x'
    """
    head = {
        "source": letter.source, "topic": letter.partition.topic, "partition": letter.partition.number,
        "offset": letter.offset, "reasons": dict(letter.reasons),
    }  # fmt: skip
    try:
        return head | {"value": letter.value.decode()}
    except UnicodeDecodeError:
        return head | {"base64": base64.b64encode(letter.value).decode()}

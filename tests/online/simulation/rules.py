"""The rules of the protocol, each with what breaks it; without any one of them some seed gives a wrong value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.online.simulation import breaking as b
from tests.online.simulation import double
from tests.online.simulation.breaking import Broken, split, stored, swapped, together
from tests.online.simulation.views import CORRECTIONS
from tests.online.simulation.world import World
from zipline.online import calls
from zipline.online.calls import CreateShard, Marker
from zipline.online.fills import Fill
from zipline.online.markers import parse_marker
from zipline.online.protocol import blind, bulk, compacting, filling, forgetting, indexing, reading, writing
from zipline.online.protocol.blind import Blind
from zipline.online.protocol.indexing import Indexed
from zipline.online.protocol.outcome import Outcome, Written
from zipline.online.protocol.writing import Writer
from zipline.online.state import index
from zipline.online.state.facts import Facts
from zipline.online.steps import Steps
from zipline.online.stores import meaning
from zipline.time import MIN_TIME

NO_IDS: Final = ("plain", "arrival")
"""Kinds whose rows count as often as they are applied."""
ALL: Final = (*NO_IDS, "stays", "moves")


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        name, text: what it says.
        broken: a context in which it does not hold.
        kinds: of sources whose scenarios are tried.
    """

    name: str
    text: str
    broken: Broken
    kinds: tuple[str, ...] = ALL


def _believing(self: Writer, steps: Steps[Outcome]) -> Steps[Outcome]:
    try:
        return (yield from steps)
    except Exception:
        return Outcome.DONE


def _no_step(self: Writer, now: int, *_: int) -> Steps[Written]:
    return Written(Outcome.DONE)
    yield


def _start_without_cut(fill: Fill) -> Steps[None]:
    for shard in fill.all_shards:
        yield CreateShard(shard, None, filling.first_floor(fill))


def _swap_without_floor(shard: Any, entity: bytes, read: bytes, made: Any, floor: int) -> Steps[bool]:
    return (yield from _SWAP(shard, entity, read, made, MIN_TIME))


_SWAP: Final = compacting._swap
_REFUSAL: Final = reading._refusal


def _missing_is_empty(stored: bytes | None, t: int) -> Any:
    return Marker(True, None, 0, {}) if stored is None else _REFUSAL(stored, t)


def _always_ready(stored: bytes | None, t: int) -> Any:
    return _REFUSAL(None if stored is None else b"1" + stored[1:], t)


def _no_floor(stored: bytes | None, t: int) -> Any:
    answer = _REFUSAL(stored, t)
    return parse_marker(stored) if isinstance(answer, reading.TooEarly) and stored is not None else answer


_TAKE: Final = reading._Open.take


def _keep_documents(self: Any, read: calls.Read, answer: calls.Fetched) -> None:
    if self._named:
        kept = tuple(self._documents[row] for row in self._rows[read.shard.number])
        answer = answer._replace(documents=kept)
    _TAKE(self, read, answer)


_SET_READY: Final = bulk.set_ready


def _ready_unseen(fill: Fill, chunks: Mapping[str, int]) -> Steps[bool]:
    return (yield from _SET_READY(fill, {}))


def _incomplete(self: World) -> list[Any]:
    cut = self.fill.cut or 0
    return [row for row in self.scenario.table if row.arrival <= cut]


def _commit_first(self: Indexed, facts: Facts, stop: int, watermark: int) -> Steps[Outcome]:
    sets: dict[bytes, tuple[bytes, ...]] = {}
    added = self.by_shard(index.additions(facts))
    for number, versions in added.items():
        answer = yield calls.IndexAdd(
            self.fill.shard(number), self.log, self.committed[number], tuple(versions)
        )
        if not isinstance(answer, calls.Sets):
            return Outcome.RELOAD
        sets |= answer.sets
        outcome = yield from self._commit(number, facts, {}, stop, watermark)
        if outcome is not Outcome.DONE:
            return outcome
    return (yield from self._tell(facts, sets, stop, watermark))


def _without_index(self: Indexed, facts: Facts, sets: Mapping[bytes, Sequence[bytes]]) -> Any:
    assert facts.positions is not None
    told = {}
    for number in range(self.fill.shards):
        rows = facts.positions >= self.expected[number]
        deltas = self.by_shard(index.placed(self.state, facts.take(rows), sets)).get(number)
        if deltas:
            told[number] = deltas
    return told


def _stubs_apart(
    self: Indexed, facts: Facts, sets: Mapping[bytes, Sequence[bytes]], stop: int, watermark: int
) -> Steps[Outcome]:
    own = set(facts.entities)
    outcome = Outcome.DONE
    for number, deltas in self._placed(facts, sets).items():
        stubs = [delta for delta in deltas if delta[0] not in own]
        mine = [delta for delta in deltas if delta[0] in own]
        for part, end in ((stubs, min(self.expected[number], stop)), (mine, stop)):
            if part and outcome is Outcome.DONE:
                outcome = yield from self.append(number, end, watermark, part)
    return outcome


def _documents_lack(self: Indexed, facts: Facts) -> Any:
    assert facts.positions is not None
    return facts.positions >= Blind.least(self)


def _no_sets(place: Any, call: calls.IndexCommit) -> Any:
    return meaning._index_commit(place, replace(call, sets=()))


def _shuffled(self: World) -> list[Any]:
    return self.dice.sample(self.scenario.table, len(self.scenario.table))


def _happened(versions: Sequence[bytes], before: int) -> bool:
    return all(index.parse_version(each).time < before for each in versions)


_BEFORE: Final = forgetting.settled_before


def _at_once(state: Any, metas: Any, logs: Any, now: int) -> int | None:
    before = _BEFORE(state, metas, logs, now)
    return None if before is None else before + 2 * CORRECTIONS


def _quickest(state: Any, metas: Sequence[calls.Meta], logs: Any, now: int) -> int | None:
    held = [applied.watermark for meta in metas for applied in meta.logs.values()]
    return max(held) - 2 * CORRECTIONS if held else None


def _later_log(self: World, log: str) -> int:
    records = self.scenario.logs[self.logs.index(log)]
    cut = self.fill.cut or 0
    return next(
        (each.offset for each in records if each.row.arrival > cut), records[-1].offset + 1 if records else 0
    )


def _tails_only(window: Any, fact: Any, t: int) -> int:
    lower, _ = window.bounds(t)
    return 1 if lower is not None and fact.time < lower else 0


STREAM: Final = (
    Rule(
        "compare",
        "an append is refused where the offset is not the expected one",
        stored(calls.Append, b.append_wherever),
        NO_IDS,
    ),
    Rule("together", "deltas and offset are written in one step", split(b.offset_apart), NO_IDS),
    Rule(
        "mismatch",
        "a mismatch, or a quiet writer's look, has the batch dropped and the offsets loaded",
        together(swapped(blind, "is_applied", lambda *_: True), swapped(Writer, "reread", _no_step)),
    ),
    Rule("error", "after a store's error nothing is believed", swapped(Writer, "_guarded", _believing)),
    Rule(
        "skip",
        "a row goes to a shard only if its offset is not below the shard's",
        swapped(blind, "unapplied", lambda positions, *_: positions >= 0),
        NO_IDS,
    ),
    Rule(
        "seek",
        "the consumer seeks to the smallest offset of all shards",
        swapped(writing, "where_to_seek", lambda documents: documents.expected[0]),
    ),
    Rule(
        "gap",
        "a batch that begins behind the position is refused",
        swapped(writing, "leaves_out", lambda *_: False),
    ),
    Rule("idle", "quiet shards get empty steps", swapped(Writer, "idle", _no_step)),
    Rule(
        "gone", "a shard that is missing is not written to", stored(calls.Append, b.append_to_nothing), NO_IDS
    ),
    Rule(
        "watermark",
        "a batch's watermark holds when all of it is written",
        swapped(writing, "mark_of", lambda end, stop, before, after: after),
    ),
)
DOCUMENTS: Final = (
    Rule(
        "digest",
        "a compaction is guarded by the digest of what was read",
        stored(calls.Compact, b.compact_by_length),
    ),
    Rule("tail", "a compaction keeps what was appended since", stored(calls.Compact, b.compact_all)),
    Rule("segments", "segments are written in the step that names them", split(b.segments_apart), NO_IDS),
    Rule(
        "names",
        "segments are named by their content",
        swapped(double, "segment_name", lambda stored, facts: b"%d" % (facts[0].time // double.TILE)),
        NO_IDS,
    ),
    Rule(
        "settled",
        "what is not past is not folded",
        swapped(double, "is_settled", lambda state, fact, floor: fact.id is None),
        NO_IDS,
    ),
    Rule(
        "heads",
        "the head of an offset window moves through old data too",
        swapped(double, "_side", _tails_only),
        NO_IDS,
    ),
    Rule(
        "floor",
        "expiry and compaction raise the shard's floor",
        swapped(compacting, "_swap", _swap_without_floor),
    ),
    Rule("refuse", "reads before the floor are refused", swapped(reading, "_refusal", _no_floor)),
    Rule("missing", "a missing shard is no empty one", swapped(reading, "_refusal", _missing_is_empty)),
    Rule("ready", "a shard is read when it is ready", swapped(reading, "_refusal", _always_ready)),
    Rule(
        "one moment",
        "a document is read again with its segments",
        swapped(reading._Open, "take", _keep_documents),
    ),
)
HISTORY: Final = (
    Rule(
        "cut", "the stream leaves out what bulk brings", swapped(blind, "after_cut", lambda *_: True), NO_IDS
    ),
    Rule(
        "cut first",
        "the cut is stored before the stream's first write",
        swapped(filling, "start", _start_without_cut),
        NO_IDS,
    ),
    Rule("complete", "the table is complete up to the cut", swapped(World, "table", _incomplete), NO_IDS),
    Rule(
        "earliest",
        "the stream begins at the log's beginning, not at the cut by the broker's time",
        swapped(World, "beginning", _later_log),
        NO_IDS,
    ),
    Rule(
        "bulk compare",
        "a chunk is refused where the progress is not the expected one",
        stored(calls.Append, b.bulk_wherever),
        NO_IDS,
    ),
    Rule(
        "bulk together", "a chunk and its progress are written in one step", split(b.progress_apart), NO_IDS
    ),
    Rule("chunks", "chunks are the same rows after a restart", swapped(World, "table", _shuffled), NO_IDS),
    Rule("unseen", "a shard is ready only where all chunks are", swapped(bulk, "set_ready", _ready_unseen)),
)
INDEX: Final = (
    Rule(
        "stubs together",
        "what is said of versions elsewhere is written in one step with the offset",
        swapped(Indexed, "_tell", _stubs_apart),
        ("moves",),
    ),
    Rule(
        "commit last",
        "the index's offset moves after the documents were told",
        swapped(Indexed, "write", _commit_first),
        ("moves",),
    ),
    Rule(
        "sets",
        "the index's offset moves only if the sets are those that were used",
        stored(calls.IndexCommit, _no_sets),
        ("moves",),
    ),
    Rule(
        "uncommitted",
        "rows that the index has not committed are told again",
        together(swapped(Indexed, "_placed", _without_index), swapped(Indexed, "lacking", _documents_lack)),
        ("moves",),
    ),
    Rule(
        "index seek",
        "the consumer seeks to the smallest offset of the index too",
        swapped(Indexed, "least", Blind.least),
        ("moves",),
    ),
    Rule(
        "lost",
        "an index that lost what was added is noticed",
        swapped(indexing, "has_lost", lambda *_: False),
        ("moves",),
    ),
)
FORGET: Final = (
    Rule(
        "forget when known",
        "an id is forgotten by when its versions were known, not only by when they happened",
        swapped(forgetting, "settled", _happened),
        ("moves",),
    ),
    Rule(
        "forget late",
        "an id is forgotten when no version can come for it any more",
        swapped(forgetting, "settled_before", _at_once),
        ("moves",),
    ),
    Rule(
        "forget behind",
        "what the slowest log has not had is not forgotten",
        swapped(forgetting, "settled_before", _quickest),
        ("moves",),
    ),
    Rule(
        "forget again",
        "what a store may lose and be told again is not forgotten",
        swapped(forgetting, "outlasted", lambda seen, before: seen[-1][1]),
        ("moves",),
    ),
)
RULES: Final = (*STREAM, *DOCUMENTS, *HISTORY, *INDEX, *FORGET)

FIRST: Final[dict[str, int]] = {
    "compare": 4,
    "together": 8,
    "mismatch": 72,
    "error": 0,
    "skip": 8,
    "seek": 12,
    "gap": 238,
    "idle": 0,
    "gone": 4,
    "watermark": 17,
    "digest": 8,
    "tail": 5,
    "segments": 2912,
    "names": 8,
    "settled": 8,
    "heads": 49,
    "floor": 8,
    "refuse": 8,
    "missing": 13,
    "ready": 18,
    "one moment": 781,
    "cut": 18,
    "cut first": 18,
    "complete": 42,
    "earliest": 10,
    "bulk compare": 1,
    "bulk together": 18,
    "chunks": 10,
    "unseen": 33,
    "stubs together": 4048,
    "commit last": 11,
    "sets": 11,
    "uncommitted": 1611,
    "index seek": 7150,
    "lost": 3,
    "forget when known": 14878,
    "forget late": 254,
    "forget behind": 30,
    "forget again": 64326,
}
"""Rule -> a seed that shows it; others are tried if it does not any more."""

"""Each rule is needed: without it, one of the schedules that every run of the tests tries gives a wrong value.

What no schedule can show, and why:

- The client's own retries are off. A step that is sent twice is refused the second time and stands as it should, so
  that retries would be harmless; they are off because nobody could tell then how long a call may take.
- `stored == to` after a lost reply is success: without it the offsets are loaded again, to the same end.
- The next floor is the greater of the old and the new: the document and the store hold this too.
- A boundary that crosses a tile soon: its events lie in a segment, so that it costs a round trip, never a value.
- Nothing is forgotten while the index is behind the documents, and only as it was read: it is forgotten so late that
  whatever comes then begins a new event. A schedule that shows it needs a correction of that, too, in the same second.
- Facts of ids are appended wherever the offset is far enough: it takes two workers of one log, and an index that goes
  back between them; a schedule made by hand shows it (tests/online/protocol/test_overtaking.py).
- Documents of ids are folded when their history is there: the double's history comes as events, not as tiles.
- No TTL, no eviction, `appendonly`, and what the append-only file may lose inside a step: the stores' own tests.
- An offset outside the log stops with an error: the worker's tests.
"""

from __future__ import annotations

import pytest

from tests.online.simulation.codecs import Double
from tests.online.simulation.rules import FIRST, RULES, Rule
from tests.online.simulation.scenario import scenario
from tests.online.simulation.shrinking import failure
from tests.online.simulation.test_simulation import SEEDS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_needed(rule: Rule) -> None:
    seed = failing_seed(rule)
    assert seed is not None, rule.text
    assert failure(scenario(seed), Double()) is None


def failing_seed(rule: Rule) -> int | None:
    """Return a seed that goes wrong without a rule: the one that is known to, or the first of those of every run."""
    seeds: list[int] = [FIRST[rule.name], *range(SEEDS)]
    for seed in seeds:
        tried = scenario(seed)
        if tried.kind in rule.kinds:
            with rule.broken():
                if failure(tried, Double()) is not None:
                    return seed
    return None

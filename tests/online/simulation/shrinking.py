"""Make a failing scenario smaller as long as it fails, and tell what happens in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from tests.online.simulation.codecs import Codec
from tests.online.simulation.scenario import START, Scenario
from tests.online.simulation.simulation import Simulation, small

MOST_TRIES: Final = 600


def failure(scenario: Scenario, codec: Codec) -> Exception | None:
    """Return what goes wrong in a scenario."""
    with small(codec):
        try:
            Simulation(scenario, codec).run()
        except Exception as error:
            return error
    return None


def shrunk(scenario: Scenario, codec: Codec) -> Scenario:
    """Return a smaller scenario that fails too: fewer actors, faults, rows, shards and steps."""
    tries, smaller = 0, True
    while smaller:
        smaller = False
        for each in _smaller(scenario):
            tries += 1
            if tries > MOST_TRIES:
                return scenario
            if failure(each, codec) is not None:
                scenario, smaller = each, True
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    for field in ("actors", "faults", "table", "windows"):
        value: tuple[Any, ...] = getattr(scenario, field)
        halves = [value[: len(value) // 2], value[len(value) // 2 :]] if len(value) > 3 else []
        fewer = [value[:at] + value[at + 1 :] for at in range(len(value))]
        for less in halves + fewer:
            change: dict[str, Any] = {field: less}
            if less or field != "windows":
                yield replace(scenario, **change)
    for number, log in enumerate(scenario.logs):
        for at in reversed(range(len(log))):
            logs = list(scenario.logs)
            logs[number] = log[:at] + log[at + 1 :]
            yield replace(scenario, logs=tuple(logs))
    if scenario.shards > 1:
        yield replace(
            scenario, shards=scenario.shards - 1, servers=min(scenario.servers, scenario.shards - 1)
        )
    if scenario.servers > 1:
        yield replace(scenario, servers=scenario.servers - 1)
    if scenario.steps > 1:
        yield replace(scenario, steps=scenario.steps // 2)
        yield replace(scenario, steps=scenario.steps - 1)


def told(scenario: Scenario, codec: Codec) -> str:
    """Return a scenario's rows, its schedule, and how it ends."""
    with small(codec):
        simulation = Simulation(scenario, codec, tell=True)
        end = "nothing goes wrong"
        try:
            simulation.run()
        except Exception as error:
            end = f"{type(error).__name__}: {error}"
    assert simulation.trace is not None
    data = {
        name: getattr(scenario, name)
        for name in scenario.__dataclass_fields__
        if name not in ("table", "logs")
    }
    rows = [f"  table: {row}" for row in scenario.table]
    rows += [f"  log {at}, {each.offset}: {each.row}" for at, log in enumerate(scenario.logs) for each in log]
    return "\n".join([f"{data}, the clock begins at {START}", *rows, *simulation.trace, end])

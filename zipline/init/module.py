"""A proposal as a Python module, with a comment on each choice."""

from __future__ import annotations

from zipline.init.proposal import Proposal
from zipline.init.text import comment, quoted
from zipline.init.times import Time, before


def module_text(proposal: Proposal, table: str, title: str) -> str:
    """Return the module.

    Args:
        proposal: what it says.
        table: the table as Python text, such as `zl.Parquet("data.parquet")`.
        title: how its docstring calls the files.
    """
    names = _Names(proposal)
    parts = [
        _docstring(proposal, title),
        "import zipline as zl\n",
        *_entity(proposal, names),
        *_source(proposal, names, table),
        *_view(proposal, names),
        *_service(proposal, names),
    ]
    return "\n".join(parts) + "\n"


class _Names:
    """The module's variables, each another."""

    def __init__(self, proposal: Proposal) -> None:
        self.entity = _variable(proposal.entity_name)
        self.source = _variable(proposal.source)
        if self.source == self.entity:
            self.source += "_events"
        self.view, self.service = _variable(proposal.view), _variable(proposal.service)


def _variable(name: str) -> str:
    return f"{name}_" if name == "zl" else name


def _docstring(proposal: Proposal, title: str) -> str:
    rows = f"all {proposal.rows:,} rows" if proposal.rows < _looked() else f"the first {proposal.rows:,} rows"
    about = f"Features of {proposal.source.replace('_', ' ')}: a first proposal, to be checked."
    said = comment(f"It was made from the schema and {rows} of {title}.")
    lines = [line.removeprefix("# ").replace("\\", "/").replace('"""', "'''") for line in said]
    return "\n".join([f'"""{about}', "", *lines, '"""', ""])


def _looked() -> int:
    from zipline.init.columns import ROWS

    return ROWS


def _entity(proposal: Proposal, names: _Names) -> list[str]:
    columns = proposal.entity
    seen = ", ".join(f"{quoted(c.name)} has {c.distinct:,} different values" for c in columns)
    text = f"Entity: {seen} in {proposal.rows:,} rows."
    if len(columns) == 1 and columns[0].is_unique and proposal.rows > 1:
        text += (
            " Each occurs once: if this is a table of attributes of which a full copy is written from time to time, "
            "see zl.Snapshot."
        )
    nulls = [f"{c.nulls:,} rows have no {quoted(c.name)} and are left out" for c in columns if c.nulls]
    text += f" {'; '.join(nulls)}." if nulls else ""
    if proposal.other_entities:
        others = ", ".join(f"{quoted(c.name)} ({c.distinct:,})" for c in proposal.other_entities[:5])
        text += f" Others that could be: {others}."
    keys = ", ".join(quoted(column.name) for column in columns)
    return [
        *comment(text),
        *comment("Check: is it what you make predictions about?"),
        f"{names.entity} = zl.Entity({quoted(proposal.entity_name)}, keys=[{keys}])\n",
    ]


def _source(proposal: Proposal, names: _Names, table: str) -> list[str]:
    return [
        f"{names.source} = zl.EventSource(",
        f"    {quoted(proposal.source)},",
        f"    table={table},",
        *_event_time(proposal),
        *_knowledge_time(proposal),
        *_id(proposal),
        ")\n",
    ]


def _event_time(proposal: Proposal) -> list[str]:
    event = proposal.event
    text = f"Event time: {quoted(event.column.name)}, {event.seen}."
    if event.column.nulls:
        text += f" {event.column.nulls:,} rows have none and are left out."
    if proposal.other_times:
        text += f" Other times: {', '.join(quoted(each.column.name) for each in proposal.other_times)}."
    check = "Check: is it when it happened, and not when it was stored?"
    if event.column.type == "timestamp" and not event.column.zoned:
        check += (
            ' Times without a zone are read as UTC: local ones need zl.Timestamp(..., zone="Europe/Paris").'
        )
    return [*comment(text, 4), *comment(check, 4), f"    event_time={_time(event)},"]


def _knowledge_time(proposal: Proposal) -> list[str]:
    known = proposal.known
    if known is None:
        text = (
            "Knowledge time: no column is called like one. Check: when could a row first have been known? Without it "
            'training sets see rows that came late. Name a column as knowledge_time, or say delay="1h".'
        )
        return comment(text, 4)
    text = f"Knowledge time: {quoted(known.column.name)}, {known.seen}."
    early = before(known, proposal.event)
    if early:
        text += f" It is before the event time in {100 * early:.1f} % of the rows: are events planned ahead?"
    return [
        *comment(text, 4),
        *comment("Check: is it when a row could first have been known?", 4),
        f"    knowledge_time={_time(known)},",
    ]


def _id(proposal: Proposal) -> list[str]:
    column = proposal.id
    if column is None:
        return []
    if column.is_unique:
        text = f"Id: {quoted(column.name)} is another in each row."
        text += (
            " A later row with the same id corrects the earlier one."
            if proposal.known
            else " The same row twice counts once; two different rows with one id are an error."
        )
    else:
        text = (
            f"Id: {quoted(column.name)} has {column.distinct:,} values in {proposal.rows:,} rows: later rows correct "
            "earlier ones. Check: are they versions of one event?"
        )
    lines = [*comment(text, 4), f"    id={quoted(column.name)},"]
    if proposal.deleted is not None:
        lines += comment("Check: does a row where this is true withdraw the event?", 4)
        lines.append(f"    deleted={quoted(proposal.deleted.name)},")
    return lines


def _view(proposal: Proposal, names: _Names) -> list[str]:
    windows = ", ".join(map(quoted, proposal.windows))
    span = (proposal.event.high - proposal.event.low) / 86_400_000_000
    lines = [
        f"{names.view} = zl.FeatureView(",
        f"    {quoted(proposal.view)},",
        f"    entity={names.entity},",
        f"    source={names.source},",
        "    features=[",
        *comment(f"Windows: the events span {span:,.1f} days.", 8),
        f"        zl.Count().over({windows}),",
    ]
    for measure in proposal.measures:
        lines += [*comment(measure.why, 8), *(f"        {line}," for line in measure.lines)]
    if proposal.left:
        left = ", ".join(map(quoted, proposal.left[:20])) + (", ..." if len(proposal.left) > 20 else "")
        lines += comment(f"Nothing was made of {left}.", 8)
    return [*lines, "    ],", ")\n"]


def _service(proposal: Proposal, names: _Names) -> list[str]:
    text = (
        "What a model reads. Asked at the events' own times, each row sees what was known just before it. Check: when "
        "is your model asked, and by which columns?"
    )
    return [
        *comment(text),
        f"{names.service} = zl.FeatureService(",
        f"    {quoted(proposal.service)},",
        f"    [{names.view}],",
        f"    time={_time(proposal.event)},",
        ")",
    ]


def _time(time: Time) -> str:
    name = quoted(time.column.name)
    return name if time.unit is None else f"zl.Timestamp({name}, unit={quoted(time.unit)})"

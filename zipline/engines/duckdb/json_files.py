"""JSON files as one table: lines that are no objects are named, or counted and left out."""

from __future__ import annotations

from itertools import count

from zipline.dsl.table import Json
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.files import FILE, Scan, listed
from zipline.engines.duckdb.reading import Reading
from zipline.engines.duckdb.sql import literal

_FORMS = {"auto": "auto", "lines": "newline_delimited", "array": "array"}
_OBJECT = "json IS NOT NULL AND json_type(json) = 'OBJECT'"
_NUMBERS = count(1)


def scan_json(database: Database, table: Json, files: list[str], reading: Reading) -> Scan:
    """Return JSON files as one table; the types of columns that are not declared are read off all objects.

    Raises:
        DataError: a line is no JSON object.
    """
    form = f"format = '{_FORMS[table.format]}'"
    malformed = 0
    if reading.skip and table.format != "array":
        malformed = _malformed(database, files)
        if malformed:
            files, form = [_readable_lines(database, files)], "format = 'newline_delimited'"
    # Every file is looked at, however many: DuckDB takes the first 32 for all, and rounds what differs later.
    guessed = f"{form}, sample_size = -1, maximum_sample_files = 2147483647"
    if reading.declared:
        _, stored = database.describe(f"SELECT * FROM read_json({listed(files)}, {guessed})")
        kinds = {**stored, **dict.fromkeys(reading.declared, "JSON")}
        form += ", columns = {" + ", ".join(f"{literal(n)}: {literal(k)}" for n, k in kinds.items()) + "}"
    else:
        form = guessed
    return Scan(
        f"read_json({listed(files)}, {form})",
        f"read_json({listed(files)}, {form}, filename = '{FILE}')",
        texts=frozenset(reading.declared),
        is_long=len(files) > 1,
        malformed=malformed,
    )


def _lines(files: list[str]) -> str:
    return f"read_ndjson_objects({listed(files)}, ignore_errors = true)"


def _malformed(database: Database, files: list[str]) -> int:
    """Return how many lines are no objects; none where there is no object at all, as in an array over several lines."""
    try:
        counted = database.table(
            f"SELECT count(*) FILTER (NOT ({_OBJECT})) AS bad, count(*) FILTER ({_OBJECT}) AS good FROM {_lines(files)}"
        ).to_pylist()[0]
    except Unread:  # not JSON lines: whoever reads them says what is wrong
        return 0
    return int(counted["bad"]) if counted["good"] else 0


def _readable_lines(database: Database, files: list[str]) -> str:
    """Copy the objects into a file of the run, so that their types are found as in any other."""
    target = str(database.folder / f"readable-{next(_NUMBERS)}.json")
    whole = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'"
    objects = f"SELECT json::VARCHAR FROM {_lines(files)} WHERE {_OBJECT}"
    database.do(f"COPY ({objects}) TO {literal(target)} ({whole})")
    return target

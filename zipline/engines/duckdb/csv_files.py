"""CSV files as one table: lines that cannot be read are named, or counted and left out."""

from __future__ import annotations

import csv
from itertools import count

from zipline.dsl.table import Csv
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.files import FILE, Scan, listed
from zipline.engines.duckdb.reading import Reading
from zipline.engines.duckdb.sql import literal
from zipline.errors import DataError, SchemaError

_NUMBERS = count(1)


def scan_csv(database: Database, table: Csv, files: list[str], reading: Reading) -> Scan:
    """Return CSV files as one table; the types of columns that are not declared are read off all rows.

    Raises:
        DataError: a line cannot be read.
        SchemaError: the files have different columns.
    """
    columns: list[str] = []
    malformed = 0
    if reading.declared or reading.skip:
        columns = _header(database, table, files[0])
    texts = [name for name in reading.declared if name in columns]
    if reading.skip:
        for file in files[1:]:
            _check_header(_header(database, table, file), columns, file, files[0])
        malformed = _malformed(database, table, files, columns)
        if malformed:
            files = [_readable_lines(database, table, files, columns)]
    form = _form(table)
    if texts:
        form += ", types = {" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in texts) + "}"
    # Every file is looked at, however many: DuckDB takes the first ten for all.
    form += ", sample_size = -1, files_to_sniff = -1"
    return Scan(
        f"read_csv({listed(files)}, {form})",
        f"read_csv({listed(files)}, {form}, filename = '{FILE}')",
        texts=frozenset(texts),
        is_long=len(files) > 1,
        malformed=malformed,
        blame=lambda: _first_malformed(database, table, files),
    )


def _form(table: Csv) -> str:
    """Return all that DuckDB would guess: it skips lines and takes others for comments to make a file fit."""
    nulls = ", ".join(literal(text) for text in ("", *table.null))
    return (
        f"header = true, skip = 0, comment = '', quote = '\"', escape = '\"', delim = {literal(table.delimiter)}, "
        f"nullstr = [{nulls}]"
    )


def _raw(table: Csv, files: list[str], columns: list[str], more: str) -> str:
    """Return SQL that reads columns as texts, of those lines that can be read."""
    texts = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    return f"read_csv({listed(files)}, {_form(table)}, auto_detect = false, columns = {{{texts}}}, {more})"


def _header(database: Database, table: Csv, file: str) -> list[str]:
    """Return the names in a file's first line."""
    whole = "auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', comment = ''"
    line = database.table(
        f"SELECT line FROM read_csv({literal(file)}, {whole}, columns = {{'line': 'VARCHAR'}}, ignore_errors = true) "
        "LIMIT 1"
    )
    if not line.num_rows:
        raise DataError("is empty: there is not even a header line", where=file)
    (names,) = csv.reader([line["line"][0].as_py().removeprefix("\ufeff")], delimiter=table.delimiter)
    return [name.strip() for name in names]


def _check_header(columns: list[str], expected: list[str], file: str, first: str) -> None:
    for name in (*expected, *columns):
        if name not in columns or name not in expected:
            has, lacks = (first, file) if name in expected else (file, first)
            raise SchemaError(
                f"there is no column {name!r}, which {has} has",
                where=lacks,
                hint="write the file anew, or leave it out",
            )
    if columns != expected:
        raise SchemaError(
            f"has its columns in another order than {first}", where=file,
            hint="with on_error='skip', all files have them in one order",
        )  # fmt: skip


def _rejected(database: Database, table: Csv, files: list[str], columns: list[str]) -> str:
    """Return the name of a table of the lines that cannot be read."""
    name = f"zl_rejects_{next(_NUMBERS)}"
    store = f"store_rejects = true, rejects_table = '{name}', rejects_scan = '{name}_scan'"
    database.table(f"SELECT max(hash(COLUMNS(*))) FROM {_raw(table, files, columns, store)}")
    return name


def _malformed(database: Database, table: Csv, files: list[str], columns: list[str]) -> int:
    rejected = _rejected(database, table, files, columns)
    return int(
        database.table(f"SELECT count(DISTINCT (file_id, line)) AS lines FROM {rejected}")["lines"][0].as_py()
    )


def _readable_lines(database: Database, table: Csv, files: list[str], columns: list[str]) -> str:
    """Copy the lines that can be read into a file of the run, so that their types are found as in any other."""
    target = str(database.folder / f"readable-{next(_NUMBERS)}.csv")
    readable = _raw(table, files, columns, "ignore_errors = true")
    form = f"FORMAT csv, HEADER, DELIMITER {literal(table.delimiter)}"
    database.do(f"COPY (SELECT * FROM {readable}) TO {literal(target)} ({form})")
    return target


def _first_malformed(database: Database, table: Csv, files: list[str]) -> DataError | None:
    """Return an error that names the first line that cannot be read."""
    columns = _header(database, table, files[0])
    rejected = _rejected(database, table, files, columns)
    first = database.table(
        f"SELECT file_path, line, csv_line, error_message FROM {rejected} "
        f"JOIN {rejected}_scan USING (scan_id, file_id) ORDER BY file_id, line LIMIT 1"
    )
    if not first.num_rows:
        return None
    found = first.to_pylist()[0]
    return DataError(
        f"{str(found['csv_line']).strip()!r} cannot be read: {str(found['error_message']).partition(chr(10))[0]}",
        where=f"{found['file_path']}, line {found['line']}",
        hint="correct the line, or leave such lines out and count them: on_error='skip'",
    )

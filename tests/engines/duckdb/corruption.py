"""Make parts of a Parquet file unreadable, so that a test can tell what was read."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq


def corrupt(path: Path, *, columns: list[str] | None = None, row_groups: list[int] | None = None) -> None:
    """Overwrite the pages of some columns (all unless named) in some row groups (all unless named); keep the footer."""
    metadata = pq.read_metadata(path)
    data = bytearray(path.read_bytes())
    for group in range(metadata.num_row_groups) if row_groups is None else row_groups:
        for i in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(i)
            if columns is None or chunk.path_in_schema in columns:
                pages = [chunk.data_page_offset]
                if chunk.has_dictionary_page:
                    pages.append(chunk.dictionary_page_offset)
                start = min(pages)
                data[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)

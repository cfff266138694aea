"""Rows that were collected survive a kill, each once, whatever was written when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.schema import SKIPPED
from netaudit.core.storage.table_streams import TableWriter, drop_streams, read_streams, table_of

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    import pytest


def of_numbers(numbers: list[int]) -> pa.RecordBatch:
    """Rows made of what is no row."""
    return table_of([SKIPPED.row(f"#{one}", "why", one) for one in numbers], SKIPPED).to_batches()[0]


STEPS = st.lists(st.sampled_from(["row", "rows", "columns", "checkpoint", "flush"]), max_size=30)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, drafts=st.booleans())
def test_rows_up_to_the_last_checkpoint_are_there_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], *, drafts: bool
) -> None:
    folder = tmp_path_factory.mktemp("case")
    (folder / "tables").mkdir()
    writer = TableWriter(folder, SKIPPED, "0", columns=of_numbers if drafts else None)
    written, safe = 0, set()
    for step in steps:
        if step in {"row", "rows"}:
            for _ in range(1 if step == "row" else 5):
                writer.append(written if drafts else SKIPPED.row(f"#{written}", "why", written))
                written += 1
        elif step == "columns":  # at once, before rows that wait and are in no tail yet
            writer.extend(table_of([SKIPPED.row(f"#{written}", "why", written)], SKIPPED).to_batches()[0])
            safe.add(written)
            written += 1
        else:
            writer.flush() if step == "flush" else writer.checkpoint()
            safe = set(range(written))
        told = read_streams(folder, "skipped")["packets"].to_pylist()
        assert len(told) == len(set(told))
        assert safe <= set(told) <= set(range(written))
    writer.close()
    assert sorted(read_streams(folder, "skipped")["packets"].to_pylist()) == list(range(written))
    drop_streams(folder)
    assert not any((folder / "tables").iterdir())


def test_a_tail_that_a_kill_left_behind_its_stream_is_passed_over(tmp_path: Path) -> None:
    """Killed after the rows were written to the stream, and before their tail was removed."""
    (tmp_path / "tables").mkdir()
    writer = TableWriter(tmp_path, SKIPPED, "0")
    writer.append(SKIPPED.row("#0", "why", 0))
    writer.checkpoint()
    tail = next((tmp_path / "tables").glob("*.tail"))
    left = tail.read_bytes()
    writer.flush()
    assert not tail.exists()
    tail.write_bytes(left)
    assert read_streams(tmp_path, "skipped")["packets"].to_pylist() == [0]

"""Rows are made and checked by the names of the columns that `netaudit.core.schema` declares."""

from __future__ import annotations

import os
import pickle

import pytest

from netaudit.core.schema import BY_NAME, DEVICES, EVIDENCE, SKIPPED
from netaudit.core.storage import object_store
from netaudit.core.storage.table_streams import table_of

ROW = {"capture_id": "c", "reason": "why", "packets": 1}


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_row_has_every_column_and_no_other(name: str) -> None:
    table = BY_NAME[name]
    columns = dict.fromkeys(table.row._fields)
    assert len(table.row(**columns)) == len(table.columns)
    with pytest.raises(TypeError):
        table.row(**{key: columns[key] for key in list(columns)[1:]})
    with pytest.raises(TypeError):
        table.row(**columns, another=1)


def test_a_column_is_where_its_name_says() -> None:
    row = EVIDENCE.row(frames="1-2", object_id="o", first_frame=1, capture_id="c", last_frame=2)
    assert table_of([row], EVIDENCE).to_pylist() == [row._asdict()]
    assert DEVICES.row._fields[6] == "class_"
    assert table_of([dict(ROW)], SKIPPED) == table_of([SKIPPED.row(**ROW)], SKIPPED)
    assert table_of([], SKIPPED).num_rows == 0
    again = pickle.loads(pickle.dumps(row))  # rows go to other processes
    assert (again, again.__class__) == (row, EVIDENCE.row)


@pytest.mark.parametrize("row", [("c", "why", 1), EVIDENCE.row("o", "c", 1, 2, "1-2")])
def test_a_row_of_another_kind_is_refused(row: tuple[object, ...]) -> None:
    with pytest.raises(TypeError, match="skipped"):
        table_of([SKIPPED.row(**ROW), row], SKIPPED)


@pytest.mark.parametrize("wrong", [{"capture_id": "c", "reason": "why"}, ROW | {"another": 1}])
def test_a_mapping_with_a_missing_or_another_column_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(KeyError, match="skipped"):
        table_of([dict(ROW), wrong], SKIPPED)


@pytest.mark.parametrize("separator", ["\\", "/"])
def test_names_of_objects_are_spelt_with_the_separator_of_the_system(separator, monkeypatch, tmp_path):
    """A long path of Windows begins with \\\\?\\ and knows no other: with "/" in it no case beyond 137 characters ended."""
    asked = []
    monkeypatch.setattr(object_store.os, "sep", separator)
    monkeypatch.setattr(object_store.os, "open", lambda path, *_: asked.append(path) or os.dup(1))
    monkeypatch.setattr(object_store.os, "write", lambda _, data: len(data))
    store = object_store.ObjectStore(tmp_path)
    assert store.put("ab" * 32, "jpg", b"x")
    assert asked[0].removeprefix(str(tmp_path / "private" / "objects")) == separator + separator.join(
        ("ab", "ab" * 32 + ".jpg")
    )


def test_halves_of_characters_are_replaced() -> None:
    row = SKIPPED.row(capture_id="c\ud83d", reason="a\udc00\u202eb", packets=1)
    assert table_of([row], SKIPPED).to_pylist() == [{**ROW, "capture_id": "c\ufffd", "reason": "a\ufffd\u202eb"}]
    assert table_of([row._asdict()], SKIPPED).to_pylist()[0]["capture_id"] == "c\ufffd"

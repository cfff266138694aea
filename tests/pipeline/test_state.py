"""States: what is shared is not written, nobody is asked of what is not, and only what was written here is loaded."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from netaudit.pipeline.state import Unbelievable, load_state, save_state


@dataclass(slots=True)
class Entry:
    """Of a set that every process has."""

    name: str


def test_the_shared_ones_are_those_of_whoever_loads_it(tmp_path: Path) -> None:
    ours, other = Entry("shared"), Entry("own")
    assert save_state(tmp_path / "s", {"a": [ours, ours], "b": other}, {"entry": ours, "folder": tmp_path})
    theirs = Entry("as it is there")
    found = load_state(tmp_path / "s", {"entry": theirs, "folder": tmp_path})
    assert found["a"][0] is found["a"][1] is theirs
    assert found["b"] == other
    with pytest.raises(Unbelievable, match="broken"):
        load_state(tmp_path / "s", {})


def test_a_place_that_is_another_one_now(tmp_path: Path) -> None:
    assert save_state(tmp_path / "s", (tmp_path, tmp_path / "x"), {"folder": tmp_path})
    assert load_state(tmp_path / "s", {"folder": Path("moved")}) == (Path("moved"), tmp_path / "x")


def test_what_pickle_asks_nobody_about_cannot_be_shared(tmp_path: Path) -> None:
    words = ["one"]
    assert not save_state(tmp_path / "s", words, {"words": words})
    assert not any(tmp_path.iterdir())


def test_no_python_is_called_for_an_object(tmp_path: Path) -> None:
    """An audit of 30,000 hosts holds millions: asking about each took longer than writing them."""
    calls = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal calls
        calls += event == "call"

    state = [(str(number), {number: b"place"}) for number in range(20_000)]
    sys.setprofile(count)
    try:
        assert save_state(tmp_path / "s", state, {"entry": Entry("one")})
    finally:
        sys.setprofile(None)
    assert calls < len(state) // 10
    assert load_state(tmp_path / "s", {}) == state

"""Every table and bound of the reading rooms has a digest, and one that is another one is named."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from enum import IntEnum

import numpy as np
import pytest

from netaudit.capture import linktypes
from netaudit.messages.http1 import head, side
from netaudit.messages.rtp import reader
from netaudit.streams import state
from netaudit.unwrapping import lines
from netaudit.validate import constants


def other(monkeypatch: pytest.MonkeyPatch, module, name: str, value) -> list[str]:
    first = constants.of_constants()
    monkeypatch.setattr(module, name, value)
    second = constants.of_constants()
    return [one for one in first if first[one] != second[one]]


def test_one_entry_of_a_table_and_one_bound_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {number + (number == 235): name for number, name in linktypes.NAMES.items()}
    assert other(monkeypatch, linktypes, "NAMES", names) == ["constants/netaudit.capture.linktypes.NAMES"]
    assert other(monkeypatch, state, "SHARD_ROWS", 255) == ["constants/netaudit.streams.state.SHARD_ROWS"]


def test_defaults_of_functions_and_of_fields_are_values_too() -> None:
    assert "constants/netaudit.streams.state.Limits" in constants.of_constants()
    found = constants.said_of(lambda size=3: size), constants.said_of(lambda size=4: size)
    assert found[0] != found[1]


class Colour(IntEnum):
    RED = 1


def test_what_a_method_takes_unless_told_is_a_value_of_its_class() -> None:
    class Three:
        def counts(self, start: int, most: int = 3) -> int:
            return start + most

        @staticmethod
        def other() -> int:
            return 1

    class Four:
        def counts(self, start: int, most: int = 4) -> int:
            return start + most

    assert constants.said_of(Three) is not None
    assert constants.said_of(Three) != constants.said_of(Four)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.arange(4, dtype=np.uint8), np.arange(4, dtype=np.uint16)),
        (re.compile("a"), re.compile("a", re.IGNORECASE)),
        ({1: ("a", 2.5)}, {1: ("a", 2.6)}),
        (frozenset({"a", "b"}), frozenset({"a"})),
        ([b"\xff", True], [b"\xfe", True]),
        (Colour.RED, 1),
    ],
)
def test_values_of_every_kind_are_told_apart(one, other) -> None:
    assert constants.said_of(one) != constants.said_of(other)


def test_they_are_the_same_in_every_process() -> None:
    """Whatever hashes and addresses are."""
    words = [
        sys.executable,
        "-c",
        "from netaudit.validate.constants import of_constants; print(sorted(of_constants().items()))",
    ]
    said = [
        subprocess.run(
            words, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert said[0].count("constants/") > 2000


def test_what_only_some_installations_have_is_not_there_and_then_there_again() -> None:
    before = [sys.modules.get(name) for name in constants.EXTRAS], reader.decodes_video()
    with constants.without_extras():
        assert not reader.decodes_video()
        with pytest.raises(ImportError):
            importlib.import_module("pylsqpack")
    assert ([sys.modules.get(name) for name in constants.EXTRAS], reader.decodes_video()) == before


def test_scarce_bounds_are_small_and_then_as_they_were() -> None:
    before = constants.of_constants()
    with constants.scarcity(1):
        assert 8 <= head.HEAD_LIMIT <= 1920
        assert head.HEAD_LIMIT == side.HEAD_LIMIT != lines.WIDE  # each has its own
        assert constants.of_constants().keys() == before.keys()
    assert constants.of_constants() == before

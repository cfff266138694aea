"""What is run out of a cache must lie where nobody else can write."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from netaudit.core.system import user_folders
from netaudit.core.system.user_folders import first_own, nobody_else_writes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")


def test_a_folder_of_our_own(tmp_path: Path) -> None:
    place = tmp_path / "a" / "netaudit"
    assert nobody_else_writes(place)
    assert first_own([place]) == place
    assert place.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o707])
@pytest.mark.parametrize("harmed", ["a", "a/netaudit"])
def test_where_others_write_nothing_is_believed(tmp_path: Path, mode: int, harmed: str) -> None:
    place = tmp_path / "a" / "netaudit"
    place.mkdir(parents=True)
    (tmp_path / harmed).chmod(mode)
    assert not nobody_else_writes(place)
    other = tmp_path / "other"
    expected = place.with_name("netaudit-own") if harmed == "a/netaudit" else other
    assert first_own([place, other]) == expected


def test_folders_of_another_user_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 4711)
    assert not nobody_else_writes(tmp_path) or me == 0
    if me:
        taken = first_own([tmp_path / "x"])
        assert taken.parent != tmp_path


def test_a_folder_where_all_may_write_but_not_take_away(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    assert nobody_else_writes(tmp_path / "netaudit")


def test_a_group_of_several_is_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o770)
    monkeypatch.setattr(user_folders, "_shared", lambda _: True)
    assert not nobody_else_writes(tmp_path)
    monkeypatch.setattr(user_folders, "_shared", lambda _: False)
    assert nobody_else_writes(tmp_path)

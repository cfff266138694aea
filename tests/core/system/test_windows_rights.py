"""Access lists of Windows as it spells them: who may change a folder besides its user."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from netaudit.core.system import user_folders, windows_rights
from netaudit.core.system.windows_rights import REPLACES, WRITES, others
from netaudit.errors import UsageError
from netaudit.evidence.case import lock

if TYPE_CHECKING:
    from pathlib import Path

ME = "S-1-5-21-1-2-3-1001"
OTHER = "S-1-5-21-1-2-3-1002"
OWN = f"O:{ME}D:(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;{ME})"


@pytest.mark.parametrize(
    ("said", "wanted", "who"),
    [
        (OWN, WRITES, []),  # of a profile
        (f"O:{ME}D:P(A;OICI;FA;;;{ME})(A;OICI;0x1200a9;;;BU)", WRITES, []),  # others read
        (OWN + "(A;OICIID;0x1301bf;;;AU)", WRITES, ["AU"]),  # of a second disk, as Windows makes it
        ("O:BAD:(A;;LC;;;AU)(A;OICIIO;SDGXGWGR;;;AU)(A;OICI;FA;;;SY)", REPLACES, []),  # of C:\\ itself
        ("O:BAD:(A;;LC;;;AU)(A;OICI;FA;;;SY)", WRITES, ["AU"]),
        (f"O:{OTHER}D:P(A;OICI;FA;;;{ME})", WRITES, [OTHER]),
        (f"O:{ME}D:P(A;;DCLCRPCR;;;{OTHER})", WRITES, [OTHER]),
        (f"O:{ME}D:P(A;;WD;;;WD)", REPLACES, ["WD"]),
        (f"O:{ME}D:P(D;;FA;;;WD)(A;;FA;;;{ME})", WRITES, []),
        (f"O:{ME}D:P(A;;ZZ;;;{OTHER})", WRITES, [OTHER]),  # a right that is not known
        (f"O:{ME}D:NO_ACCESS_CONTROL", WRITES, ["WD"]),
        (f"O:{ME}", WRITES, ["WD"]),
        ("O:LAG:DUD:P(A;OICI;FA;;;LA)(XA;;FX;;;S-1-1-0;(WIN://SYSAPPID Exists))", WRITES, []),
    ],
)
def test_who_may_change_a_folder(said: str, wanted: int, who: list[str]) -> None:
    assert others(said, ME, wanted) == who


def windows(monkeypatch: pytest.MonkeyPatch, lists: dict[str, str]) -> None:
    """Paths have these lists, the deepest known of each; `restrict` gives one of our own."""

    def told(path: Path) -> str:
        for one in (path, *path.parents):
            if one.as_posix() in lists:
                return lists[one.as_posix()]
        return OWN

    def change(path: Path, said: str) -> bool:
        lists[path.as_posix()] = f"O:{ME}" + said
        return True

    monkeypatch.setattr(sys, "platform", "win32")
    for name, what in (("_told", told), ("_change", change), ("user", lambda: ME)):
        monkeypatch.setattr(windows_rights, name, what)


@pytest.mark.skipif(sys.platform == "win32", reason="plays Windows")
def test_what_is_run_out_of_a_cache_lies_where_nobody_else_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of the cache that is shared would have its pickles believed: it is passed over for one of our own."""
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir()
    lists = {shared.as_posix(): OWN + "(A;OICI;0x1301bf;;;BU)"}
    windows(monkeypatch, lists)
    assert not user_folders.nobody_else_writes(shared)
    assert not user_folders.nobody_else_writes(shared / "netaudit")
    assert user_folders.first_own([shared, own]) == tmp_path / "shared-own"
    assert "P(A;OICI;FA" in lists[(tmp_path / "shared-own").as_posix()]
    lists[tmp_path.as_posix()] = OWN + "(A;;0x40;;;BU)"  # others may replace what lies in it
    assert not user_folders.nobody_else_writes(own)


@pytest.mark.skipif(sys.platform == "win32", reason="plays Windows")
def test_a_folder_for_this_user_alone_is_made_so_by_its_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists: dict[str, str] = {}
    windows(monkeypatch, lists)
    user_folders.make_private(tmp_path / "private")
    said = lists[(tmp_path / "private").as_posix()]
    assert others(said, ME, ~0) == []
    assert said.startswith(f"O:{ME}D:P")


@pytest.mark.skipif(sys.platform == "win32", reason="plays Windows")
@pytest.mark.parametrize(("owner", "refused"), [(ME, False), ("BA", False), ("WD", False), ("", False), (OTHER, True)])
def test_a_case_in_the_folder_of_another_user_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: str, refused: bool
) -> None:
    windows(monkeypatch, {tmp_path.as_posix(): f"O:{owner}D:(A;OICI;FA;;;WD)"})
    if refused:
        with pytest.raises(UsageError, match=f"belongs to another user .{OTHER}"):
            lock._refuse_strangers(tmp_path)
    else:
        lock._refuse_strangers(tmp_path)
    monkeypatch.undo()


@pytest.mark.skipif(sys.platform != "win32", reason="asks Windows")
def test_windows_itself(tmp_path: Path) -> None:
    private = tmp_path / "private"
    user_folders.make_private(private)
    assert windows_rights.nobody_else_writes(private)
    assert windows_rights.foreign(private) == ""


def test_a_page_that_is_sent_back_names_no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me, other = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-10011"
    monkeypatch.setattr(windows_rights, "user", lambda: me)
    monkeypatch.setattr(windows_rights, "_told", lambda _: f"O:{me}D:P(A;OICI;FA;;;{me})(A;;FR;;;{other})(A;;FA;;;SY)")
    said = windows_rights.without_names(tmp_path)
    assert said == "O:meD:P(A;OICI;FA;;;me)(A;;FR;;;S-1-5-21-…)(A;;FA;;;SY)"

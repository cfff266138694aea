"""Things kept in the user's cache: made once, made again when anything about them changes, never a reason to fail."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from netaudit.core.system import user_cache
from netaudit.core.text.yaml_text import parse_yaml
from netaudit.report.from_case import Kept

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETAUDIT_CACHE", str(tmp_path))
    return tmp_path / "remembered"


def counted(calls: list[str]) -> Any:
    def make(source: str) -> Any:
        calls.append(source)
        return {"said": [source, 1, 2.5, None, True]}

    return make


def test_the_same_source_is_made_once(cache: Path) -> None:
    calls: list[str] = []
    first = user_cache.remembered("kind", "a", counted(calls))
    second = user_cache.remembered("kind", "a", counted(calls))
    assert first == second == {"said": ["a", 1, 2.5, None, True]}
    assert calls == ["a"]
    second["said"].clear()  # what one caller does to its values is not another's business
    assert user_cache.remembered("kind", "a", counted(calls)) == first


def test_another_source_or_kind_is_made_anew(cache: Path) -> None:
    calls: list[str] = []
    for kind, source in (("kind", "a"), ("kind", "b"), ("other", "a")):
        user_cache.remembered(kind, source, counted(calls))
    assert calls == ["a", "b", "a"]


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 40, b"[\xff\xff\xff\x7f", b"c"])
def test_a_damaged_file_is_made_again(cache: Path, content: bytes) -> None:
    calls: list[str] = []
    user_cache.remembered("kind", "a", counted(calls))
    for path in cache.iterdir():
        path.write_bytes(content)
    assert user_cache.remembered("kind", "a", counted(calls)) == {"said": ["a", 1, 2.5, None, True]}


def test_one_wrong_bit_is_noticed(cache: Path) -> None:
    """A signature that says something else would be believed."""
    calls: list[str] = []
    user_cache.remembered("kind", "abcdefgh", counted(calls))
    (path,) = cache.iterdir()
    content = bytearray(path.read_bytes())
    content[content.index(b"abcdefgh")] ^= 1
    path.write_bytes(content)
    assert user_cache.remembered("kind", "abcdefgh", counted(calls))["said"][0] == "abcdefgh"
    assert len(calls) == 2


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="rights as POSIX has them")
@pytest.mark.parametrize("opened", ["file", "folder"])
def test_what_others_can_write_is_not_believed(cache: Path, opened: str) -> None:
    calls: list[str] = []
    user_cache.remembered("kind", "a", counted(calls))
    (path,) = cache.iterdir()
    assert (path.stat().st_mode & 0o777, cache.stat().st_mode & 0o777) == (0o600, 0o700)
    (path if opened == "file" else cache).chmod(0o777)
    user_cache.remembered("kind", "a", counted(calls))
    assert len(calls) == 2


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners as POSIX has them")
def test_what_another_user_wrote_is_not_believed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    user_cache.remembered("kind", "a", counted(calls))
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    user_cache.remembered("kind", "a", counted(calls))
    assert len(calls) == 2


def test_what_cannot_be_kept_is_made_every_time(cache: Path) -> None:
    calls: list[str] = []
    cache.parent.mkdir(exist_ok=True)
    cache.write_bytes(b"a file where the folder should be")
    for _ in range(2):
        user_cache.remembered("kind", "a", counted(calls))
    assert calls == ["a", "a"]
    assert [str(value["when"]) for value in (parse_yaml("when: 2024-05-06") for _ in range(2))] == ["2024-05-06"] * 2


def test_a_user_without_a_home_has_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pwd = pytest.importorskip("pwd")
    for name in ("NETAUDIT_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA", "HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)  # knows nobody
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    user_cache._chosen.cache_clear()
    assert user_cache.user_cache().parent == tmp_path
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert user_cache.user_cache() == tmp_path / "xdg" / "netaudit"
    user_cache._chosen.cache_clear()


def test_a_fault_in_the_text_is_told_every_time(cache: Path) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="line 1"):
            parse_yaml("a: [1, 2")


def test_the_oldest_go_when_there_are_too_many(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_cache, "MOST_FILES", 10)
    for number in range(25):
        user_cache.remembered("kind", str(number), lambda source: source)
        assert sum(1 for _ in cache.iterdir()) <= 10


def test_a_template_is_compiled_once_and_again_when_it_changes(tmp_path: Path) -> None:
    import jinja2

    def rendered(text: str, folder: Path) -> str:
        loader = jinja2.DictLoader({"page": text})
        environment = jinja2.Environment(loader=loader, autoescape=True, bytecode_cache=Kept(folder))
        return environment.get_template("page").render(name="<n>")

    folder = tmp_path / "kept"
    assert rendered("a {{ name }}", folder) == rendered("a {{ name }}", folder) == "a &lt;n&gt;"
    assert rendered("b {{ name }}", folder) == "b &lt;n&gt;"
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-7])
    assert rendered("b {{ name }}", folder) == "b &lt;n&gt;"
    for path in folder.iterdir():
        path.write_bytes(b"j2" + b"\xff" * 200)  # neither a seal nor a pickle
    assert rendered("b {{ name }}", folder) == "b &lt;n&gt;"
    blocked = tmp_path / "blocked"
    blocked.write_bytes(b"")
    assert rendered("c {{ name }}", blocked) == "c &lt;n&gt;"

"""Code comes from the cache only where Python would find the same; whatever else there is, Python finds it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netaudit.system import code_cache

LOOK = """
import sys
from netaudit.system import code_cache
code_cache.FEW, code_cache.SETTLED = 1, {settled}
code_cache.remember_code()
{before}
import outer, outer.inner
kept = [name for name in ("outer", "outer.inner") if type(sys.modules[name].__spec__.loader) is code_cache._Loader]
print(outer.VALUE, outer.inner.value(), *kept, sep=",")
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a package of two modules."""
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "__init__.py").write_text("VALUE = 1\n")
    (tmp_path / "outer" / "inner.py").write_text("def value():\n    return 2\n")
    return tmp_path


def look(place: Path, before: str = "", *first: Path, settled: int = 0) -> list[str]:
    """What a new process sees: both values, and which modules came from the cache."""
    ours = Path(code_cache.__file__).parents[2]
    path = os.pathsep.join(map(str, (*first, place, ours)))
    environment = {**os.environ, "PYTHONPATH": path, "NETAUDIT_CACHE": str(place / "cache")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    words = [sys.executable, "-P", "-c", LOOK.format(before=before, settled=settled)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True, cwd=place)
    return done.stdout.strip().split(",")


BOTH = ["1", "2", "outer", "outer.inner"]


def warm(place: Path) -> None:
    """Python writes its own files first, which changes folders."""
    look(place)
    look(place)
    assert look(place) == BOTH


def test_code_is_kept_and_taken(place: Path) -> None:
    assert look(place) == ["1", "2"]
    warm(place)


def change(path: Path, text: str) -> None:
    """Another text of the same size, at another time."""
    assert len(text) == path.stat().st_size
    path.write_text(text)
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns - 10**10))


def test_a_changed_source_is_never_served_stale(place: Path) -> None:
    warm(place)
    change(place / "outer" / "inner.py", "def value():\n    return 3\n")
    assert look(place) == ["1", "3", "outer"]
    assert look(place) == ["1", "3", "outer", "outer.inner"]


def test_what_comes_into_the_folder_may_go_first(place: Path) -> None:
    """A package of the name is found before a module."""
    warm(place)
    (place / "outer" / "inner").mkdir()
    (place / "outer" / "inner" / "__init__.py").write_text("def value():\n    return 4\n")
    assert look(place)[:2] == ["1", "4"]


@pytest.mark.parametrize("name", ["outer.py", "outer/__init__.py"])
def test_what_stands_earlier_in_the_path_goes_first(name: str, place: Path) -> None:
    warm(place)
    other = place / "other" / name
    other.parent.mkdir(parents=True)
    other.write_text(f"VALUE = 5\n__path__ = [{str(place / 'outer')!r}]\n")
    assert look(place, "", place / "other")[0] == "5"
    assert look(place)[:2] == BOTH[:2]


def test_what_went_is_not_there(place: Path) -> None:
    warm(place)
    (place / "outer" / "inner.py").unlink()
    with pytest.raises(subprocess.CalledProcessError) as caught:
        look(place)
    assert "No module named 'outer.inner'" in caught.value.stderr


def test_an_archive_in_the_path_is_asked_by_python(place: Path) -> None:
    warm(place)
    (place / "some.zip").write_bytes(b"PK\5\6" + bytes(18))
    assert look(place, "", place / "some.zip") == ["1", "2", "outer.inner"]


@pytest.mark.parametrize("damage", [b"", b"\0" * 4096, b"x" * 4096])
def test_what_is_damaged_is_made_anew(damage: bytes, place: Path) -> None:
    warm(place)
    (kept,) = (place / "cache").rglob("modules-*")
    whole = kept.read_bytes()
    for content in (damage, whole[:-1], whole + b"x", whole[: len(whole) // 2]):
        kept.write_bytes(content)
        assert look(place) == ["1", "2"]
        assert look(place) == BOTH


def test_code_that_is_none_is_found_by_python(place: Path) -> None:
    """A page that was never written reads as zeros."""
    warm(place)
    (kept,) = (place / "cache").rglob("modules-*")
    content = kept.read_bytes()
    size, told = code_cache.SIZE.unpack_from(content)
    start = code_cache.SIZE.size + told
    kept.write_bytes(content[:start] + bytes(size - start))
    assert look(place) == ["1", "2"]


def test_what_others_may_write_is_not_believed(place: Path) -> None:
    if not hasattr(os, "getuid"):
        pytest.skip("rights of this kind only")
    warm(place)
    (kept,) = (place / "cache").rglob("modules-*")
    kept.chmod(0o666)
    assert look(place) == ["1", "2"]
    assert look(place) == BOTH  # written anew, and for this user


def test_what_has_just_changed_is_not_kept(place: Path) -> None:
    """It may change once more within the same tick of the clock."""
    for _ in range(3):
        assert look(place, settled=3600 * 10**9) == ["1", "2"]


def test_who_wants_no_files_gets_none(place: Path) -> None:
    assert look(place, "") == ["1", "2"]
    warm(place)
    script = "import sys; sys.dont_write_bytecode = True; from netaudit.system import code_cache as one; "
    script += "one.remember_code(); print(sys.meta_path[0].__class__ is one.CodeCache)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_few_installations_have_a_file(place: Path) -> None:
    warm(place)
    (kept,) = (place / "cache").rglob("modules-*")
    for number in range(code_cache.INSTALLATIONS + 2):
        other = kept.with_name(f"modules-{number}")
        other.touch()
        os.utime(other, (number, number))
    (place / "outer" / "inner.py").write_text("def value():\n    return 20\n")
    look(place)
    left = {path.name for path in kept.parent.glob("modules-*")}
    assert len(left) == code_cache.INSTALLATIONS
    assert kept.name in left
    assert "modules-0" not in left


def test_nothing_is_kept_where_the_cache_ends_with_the_process() -> None:
    """Of a user who has no folder of his own."""
    script = "from netaudit.system import code_cache, user_folders; user_folders.nobody_else_writes = lambda _: False; "
    script += "code_cache.remember_code(); print(code_cache._cache)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"


def test_tracebacks_and_sources_are_as_ever(place: Path) -> None:
    warm(place)
    asked = (
        "import inspect, outer.inner as it\nassert inspect.getsource(it.value).endswith('return 2\\n')\n"
        "assert it.__cached__.endswith('.pyc') and it.value.__code__.co_filename == it.__file__\n"
        "import outer\nassert outer.__path__ == [outer.__file__.rpartition(outer.__file__[-12])[0]]\n"
    )
    assert look(place, asked) == BOTH

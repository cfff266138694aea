"""Loads `signatures/documents/*.yaml`, and those of further folders, into an index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netaudit.core.signatures import field_words
from netaudit.core.signatures.loading import MOST_FILE, default_folder
from netaudit.core.storage.files import read_given
from netaudit.core.system.desktop_files import is_left_by_desktop
from netaudit.core.system.user_cache import remembered, stamps
from netaudit.core.text.yaml_text import parse_yaml
from netaudit.errors import SignatureError
from netaudit.events.rules import entries, form, worded
from netaudit.events.rules.entries import Entry, compile_entry
from netaudit.events.rules.form import problems as problems_of
from netaudit.events.rules.index import Index
from netaudit.events.rules.worded import completed

if TYPE_CHECKING:
    from pathlib import Path

Checked = tuple[Any, list[str], Any]  # id of an entry, what is wrong with it, and itself


@dataclass(frozen=True)
class DocumentSet:
    """All entries of some folders; unsound ones are left out and listed in `problems`."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    index: Index


def load(folders: tuple[Path, ...] = ()) -> DocumentSet:
    """Entries that netaudit comes with, and those in `documents` of further signature folders.

    A later folder may replace an entry by its id. Raises SignatureError on the first entry that is not sound.
    """
    loaded = read((default_folder(), *folders))
    if loaded.problems:
        raise SignatureError(loaded.problems[0])
    return loaded


def read(folders: tuple[Path, ...]) -> DocumentSet:
    """Entries of some signature folders with all their problems listed; read again when a file has changed."""
    paths = tuple(path for folder in folders for path in _files(folder))
    return _read(paths, tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in paths))


@lru_cache(maxsize=4)
def _read(paths: tuple[Path, ...], _stamps: tuple[tuple[int, int], ...]) -> DocumentSet:
    return read_files(paths)


def own_files() -> tuple[Path, ...]:
    """The files that netaudit comes with."""
    return tuple(_files(default_folder()))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "documents").glob("*.yaml") if not is_left_by_desktop(path.name))


def read_files(paths: tuple[Path, ...]) -> DocumentSet:
    """Entries of some files. Within a folder an id may be taken once; files of later folders replace entries."""
    problems: list[str] = []
    entries: dict[str, Entry] = {}
    where: dict[str, Path] = {}
    for path in paths:
        for name, found, raw in _checked(path, problems):
            problems += [f"documents/{path.name}: {name}: {problem}" for problem in found]
            if found:
                continue
            if name in entries and where[name].parent == path.parent:
                problems.append(f"documents/{path.name}: {name}: this id is taken by {where[name].name}")
                continue
            entries[name] = compile_entry(raw, f"documents/{path.name}")
            where[name] = path
    ordered = tuple(entries[name] for name in sorted(entries))
    return DocumentSet(ordered, tuple(problems), Index(ordered))


def _checked(path: Path, problems: list[str]) -> list[Checked]:
    try:
        text = read_given(path, MOST_FILE).decode("utf-8")
        found = remembered(f"entries {_made_by()}", text, _of_text)
    except (OSError, ValueError) as error:
        problems.append(f"documents/{path.name}: cannot be read: {error}")
        return []
    if found is None:
        problems.append(f"documents/{path.name}: must be a list of entries")
    return found or []


def _of_text(text: str) -> list[Checked] | None:
    """Entries of a file with what is wrong with them; sound ones completed by the vocabulary. None where it is no list.

    An item `defaults` says what those after it have in common.
    """
    found, given = parse_yaml(text), dict[str, Any]()
    if not isinstance(found, list):
        return None
    out: list[Checked] = []
    for number, raw in enumerate(found, 1):
        if isinstance(raw, dict) and raw.keys() == {"defaults"} and isinstance(raw["defaults"], dict):
            given = raw["defaults"]
            continue
        entry = given | raw if isinstance(raw, dict) else raw
        wrong = problems_of(entry)
        name = entry.get("id", f"entry {number}") if isinstance(entry, dict) else f"entry {number}"
        out.append((name, wrong, entry if wrong else completed(entry)))
    return out


@lru_cache(maxsize=1)
def _made_by() -> str:
    """What the reading of entries rests on beside their text: words, and the code that knows them."""
    code = (str(one.__file__) for one in (entries, form, worded, field_words))
    return stamps((*(default_folder() / name for name in (field_words.FILE, field_words.LANGUAGES)), *code))

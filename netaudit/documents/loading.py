"""Loads `signatures/documents/*.yaml`, and those of further folders, into an index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from netaudit.documents.entries import Entry, compile_entry
from netaudit.documents.form import problems as problems_of
from netaudit.documents.index import Index
from netaudit.errors import SignatureError
from netaudit.signatures.loading import MOST_FILE, default_folder
from netaudit.storage.given_files import read_given
from netaudit.system.desktop_files import is_left_by_desktop
from netaudit.text.yaml_text import parse_yaml


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
        for number, raw in enumerate(_listed(path, problems), 1):
            found = problems_of(raw)
            name = raw.get("id", f"entry {number}") if isinstance(raw, dict) else f"entry {number}"
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


def _listed(path: Path, problems: list[str]) -> list[Any]:
    try:
        found = parse_yaml(read_given(path, MOST_FILE).decode("utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"documents/{path.name}: cannot be read: {error}")
        return []
    if not isinstance(found, list):
        problems.append(f"documents/{path.name}: must be a list of entries")
        return []
    return found

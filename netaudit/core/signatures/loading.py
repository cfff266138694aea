"""Loads and validates `signatures/`: what names devices and services, as data with provenance and examples inside.

A set has device signatures, service signatures, and the vocabulary (vendors, classes, fields) that both must use. A
folder with a VERSION is a whole set; one without is somebody's own addition to the set that netaudit comes with, whose
words may add to the vocabulary. Conditions are in `signature_conditions.py`; the checks in `signature_checks.py`.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.core.signatures import checking, conditions
from netaudit.core.signatures.checking import check_entry
from netaudit.core.signatures.conditions import compile_condition
from netaudit.core.signatures.signature import ADDED, OWN, Signature, SignatureSet
from netaudit.core.signatures.vocabulary import Vocabulary, read_vocabulary
from netaudit.core.storage.files import read_given
from netaudit.core.system.desktop_files import is_left_by_desktop
from netaudit.core.system.reasons import why
from netaudit.core.system.user_cache import remembered, stamps
from netaudit.core.system.windows_names import real
from netaudit.core.text.yaml_text import parse_yaml
from netaudit.errors import SignatureError
from netaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("devices", "services")
MOST_FILE, MOST_BYTES = 16 << 20, 64 << 20  # bytes of a file, and of all
MOST_FILES = 10_000
CHECKS = (str(checking.__file__), str(conditions.__file__))  # what says whether an entry is sound

Faults = dict[tuple[str, int], list[str]]  # by file and number of an entry


def default_folder() -> Path:
    """Signatures of the installed package, or of the source tree."""
    package = Path(__file__).parents[2]
    inside = package / "_signatures"
    return inside if inside.is_dir() else package.parent / "signatures"


def load(folder: str | Path | None = None) -> SignatureSet:
    """Load netaudit's set, a whole other one, or its own with a folder added. SignatureError on the first problem."""
    loaded = read(Path(folder) if folder else default_folder())
    if loaded.problems:
        raise SignatureError(loaded.problems[0])
    return loaded


def read(folder: Path) -> SignatureSet:
    """Load a set with all its problems listed; unsound entries are left out."""
    return _read(folder, _digest(folder))


@lru_cache(maxsize=4)
def _read(folder: Path, digest: str) -> SignatureSet:
    whole = (folder / "VERSION").is_file()
    if not any((folder / kind).is_dir() for kind in (*KINDS, "documents")):
        raise SignatureError("{}: holds no signatures (no folder {} in it)", folder, " or ".join(KINDS))
    base = None if whole else load()
    problems: list[str] = []
    vocabulary = read_vocabulary(folder / "vocabulary", base.vocabulary if base else Vocabulary(), problems)
    checked = f"{digest} {base.sha256 if base else ''}"
    faults = remembered(f"faults {__version__} {stamps(CHECKS)}", checked, lambda _: _faults(folder, vocabulary))
    found: dict[str, list[Signature]] = {kind: [] for kind in KINDS}
    taken = dict.fromkeys(base.by_id if base else (), "netaudit's own set")
    for kind in KINDS:
        for signature in _signatures(folder, kind, faults, OWN if whole else ADDED, problems):
            if signature.id in taken:
                problems.append(f"{signature.file}: {signature.id}: this id is taken by {taken[signature.id]}")
                continue
            taken[signature.id] = signature.file
            found[kind].append(signature)
    devices, services = tuple(found["devices"]), tuple(found["services"])
    if base is None:
        version = _text(folder / "VERSION").strip()
        return SignatureSet(vocabulary, devices, services, version, digest, tuple(problems))
    added = {"sha256": digest, "devices": len(devices), "services": len(services)}
    devices, services = base.devices + devices, base.services + services
    return SignatureSet(vocabulary, devices, services, base.version, base.sha256, tuple(problems), added)


def _signatures(folder: Path, kind: str, faults: Faults, origin: str, problems: list[str]) -> Iterator[Signature]:
    for path in _paths(folder, kind):
        file = f"{kind}/{path.name}"
        for number, entry in enumerate(_entries(path, problems)):
            if wrong := faults.get((file, number)):
                name = entry.get("id", "?") if isinstance(entry, dict) else "?"
                problems += [f"{file}: {name}: {problem}" for problem in wrong]
            else:
                yield _signature(entry, file, origin)


def _faults(folder: Path, vocabulary: Vocabulary) -> Faults:
    """What is wrong with the form of each entry that is not sound."""
    return {
        (f"{kind}/{path.name}", number): wrong
        for kind in KINDS
        for path in _paths(folder, kind)
        for number, entry in enumerate(_entries(path, []))
        if (wrong := check_entry(entry, kind, vocabulary))
    }


def _paths(folder: Path, kind: str) -> list[Path]:
    return sorted(one for one in (folder / kind).glob("*.yaml") if not is_left_by_desktop(one.name))


def _text(path: Path) -> str:
    try:
        return read_given(path, MOST_FILE).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SignatureError("{}: cannot be read: {}", path, error) from error


def _entries(path: Path, problems: list[str]) -> list[Any]:
    try:
        entries = parse_yaml(_text(path))
    except ValueError as error:
        problems.append(f"{path.name}: is no YAML: {error}")
        return []
    if not isinstance(entries, list):
        problems.append(f"{path.name}: must be a list of signatures")
        return []
    return entries


def _signature(entry: dict[str, Any], file: str, origin: str) -> Signature:
    """Of a sound entry."""
    provenance, examples = entry["provenance"], entry["examples"]
    return Signature(
        id=entry["id"],
        about=entry["about"],
        condition=compile_condition(entry["when"]),
        claims={key: str(value) for key, value in entry["claims"].items()},
        strength=entry["strength"],
        provenance=provenance["kind"],
        source=provenance["source"],
        examples=tuple(examples["match"]),
        counterexamples=tuple(examples["no_match"]),
        file=file,
        origin=origin,
    )


def _digest(folder: Path) -> str:
    digest, total = hashlib.sha256(), 0
    for path in _files(folder):
        try:
            data = read_given(path, MOST_FILE)
        except OSError as error:
            raise SignatureError("{}: cannot be read: {}", path, why(error)) from error
        total += len(data)
        if total > MOST_BYTES:
            raise SignatureError(
                "{}: the files of {} have more than {} bytes up to here", path, folder, f"{MOST_BYTES:,}"
            )
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + data + b"\0")
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    """The files of a set, sorted. Raises SignatureError where a folder holds far more, or leads elsewhere."""
    own, place, found, looked_at = folder == default_folder(), real(folder), [], 0
    for path in folder.rglob("*"):
        looked_at += 1
        if looked_at > MOST_FILES:
            raise SignatureError(
                "{}: holds more than {} files, as no set of signatures does", folder, f"{MOST_FILES:,}"
            )
        if path.suffix not in {".yaml", ".txt", ".json"} or is_left_by_desktop(path.name):
            continue
        if not own and path.is_symlink() and not real(path).is_relative_to(place):
            raise SignatureError("{}: is a link that leads out of the folder", path)
        found.append(path)
    return sorted(found)

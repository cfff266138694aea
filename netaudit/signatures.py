"""Loads and validates `signatures/`: what names devices and services, as data with provenance and examples inside.

A set has device signatures, service signatures, and the vocabulary (vendors, classes, fields) that both must use. The
language of conditions is in `signature_conditions.py`; the checks in `signature_checks.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from netaudit.errors import NetauditError
from netaudit.signature_checks import check_entry
from netaudit.signature_conditions import Condition, compile_condition

DECIDING = frozenset({"documented", "code", "capture"})  # kinds of provenance that may decide; others only support
KINDS = ("devices", "services")


class SignatureError(NetauditError):
    """A signature file that cannot be used: the text names file, entry and problem."""


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where there, is ten times faster


@dataclass(frozen=True, slots=True)
class Signature:
    """One entry. `claims` are words and texts; named groups of its patterns add model, serial, firmware, name."""

    id: str
    about: str
    condition: Condition
    claims: dict[str, str]
    strength: str
    provenance: str
    source: str
    examples: tuple[dict[str, Any], ...]
    counterexamples: tuple[dict[str, Any], ...]
    file: str

    @property
    def decides(self) -> bool:
        """Whether its provenance is good enough to carry a claim alone; hearsay and recollection only support."""
        return self.provenance in DECIDING


@dataclass(frozen=True)
class Vocabulary:
    """Allowed words; a class may have a wider one above it (`ip_camera` above `face_capture_camera`)."""

    vendors: frozenset[str]
    classes: dict[str, str]  # class → the wider class, empty for none
    fields: frozenset[str]  # "kind.field"
    services: frozenset[str]

    def ancestors(self, name: str) -> list[str]:
        """The wider classes of a class, nearest first."""
        found: list[str] = []
        while (name := self.classes.get(name, "")) and name not in found:
            found.append(name)
        return found


@dataclass(frozen=True)
class SignatureSet:
    """All signatures of a folder."""

    vocabulary: Vocabulary
    devices: tuple[Signature, ...]
    services: tuple[Signature, ...]
    version: str
    sha256: str  # over all files, by sorted name
    problems: tuple[str, ...] = field(default=())

    @cached_property
    def by_id(self) -> dict[str, Signature]:
        """All signatures by id."""
        return {signature.id: signature for signature in (*self.devices, *self.services)}

    def manifest(self) -> dict[str, Any]:
        """What a case notes of the set."""
        return {
            "version": self.version,
            "sha256": self.sha256,
            "devices": len(self.devices),
            "services": len(self.services),
        }


def default_folder() -> Path:
    """Signatures of the installed package, or of the source tree."""
    package = Path(__file__).parent
    inside = package / "_signatures"
    return inside if inside.is_dir() else package.parent / "signatures"


def load(folder: str | Path | None = None) -> SignatureSet:
    """Load a set. Raises SignatureError on the first entry that is not sound."""
    loaded = read(Path(folder) if folder else default_folder())
    if loaded.problems:
        raise SignatureError(loaded.problems[0])
    return loaded


@lru_cache(maxsize=4)
def read(folder: Path) -> SignatureSet:
    """Load a set with all its problems listed; unsound entries are left out."""
    if not (folder / "vocabulary").is_dir():
        raise SignatureError(f"{folder}: holds no signatures (no vocabulary in it)")
    vocabulary = _vocabulary(folder)
    problems: list[str] = []
    loaded: dict[str, list[Signature]] = {kind: [] for kind in KINDS}
    ids: set[str] = set()
    for kind in KINDS:
        for path in sorted((folder / kind).glob("*.yaml")):
            for entry in _entries(path, problems):
                signature = _signature(entry, kind, f"{kind}/{path.name}", vocabulary, problems)
                if signature is None:
                    continue
                if signature.id in ids:
                    problems.append(f"{signature.file}: {signature.id}: this id is taken")
                ids.add(signature.id)
                loaded[kind].append(signature)
    version = _text(folder / "VERSION").strip()
    return SignatureSet(
        vocabulary, tuple(loaded["devices"]), tuple(loaded["services"]), version, _digest(folder), tuple(problems)
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SignatureError(f"{path}: cannot be read: {error}") from error


def _words(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in _text(path).splitlines())
    return [line for line in lines if line]


def _vocabulary(folder: Path) -> Vocabulary:
    words = folder / "vocabulary"
    classes = {}
    for line in _words(words / "classes.txt"):
        name, _, wider = line.partition("<")
        classes[name.strip()] = wider.strip()
    unknown = {wider for wider in classes.values() if wider and wider not in classes}
    if unknown:
        raise SignatureError(f"{words / 'classes.txt'}: unknown wider classes {sorted(unknown)}")
    return Vocabulary(
        frozenset(_words(words / "vendors.txt")),
        classes,
        frozenset(_words(words / "fields.txt")),
        frozenset(_words(words / "services.txt")),
    )


def _entries(path: Path, problems: list[str]) -> list[Any]:
    try:
        entries = yaml.load(_text(path), Loader=LOADER)  # noqa: S506  (a safe loader either way)
    except yaml.YAMLError as error:
        problems.append(f"{path.name}: is no YAML: {error}")
        return []
    if not isinstance(entries, list):
        problems.append(f"{path.name}: must be a list of signatures")
        return []
    return entries


def _signature(entry: Any, kind: str, file: str, vocabulary: Vocabulary, problems: list[str]) -> Signature | None:
    found = check_entry(entry, kind, vocabulary)
    name = entry.get("id", "?") if isinstance(entry, dict) else "?"
    if found:
        problems += [f"{file}: {name}: {problem}" for problem in found]
        return None
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
    )


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in {".yaml", ".txt", ".json"}):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

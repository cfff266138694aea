"""Whether the files of a case are the ones it was sealed with: what was changed, is missing, or was added.

Reads every byte of the folder, needs nothing but the folder, and trusts nothing in it further than its hash reaches.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.contracts.reasons import reason
from netaudit.core.storage.files import NEW
from netaudit.core.system.desktop_files import is_left_by_desktop
from netaudit.errors import CaseError
from netaudit.evidence.case.custody import broken, entries
from netaudit.evidence.case.lock import NAME as LOCK
from netaudit.evidence.case.lock import STAND_IN, holder
from netaudit.evidence.case.replacement import COMING, GOING, JOURNAL
from netaudit.evidence.case.seal import ATTESTED, Fact, Seal, hashed, read_seal
from netaudit.evidence.case.writing import CUSTODY, MANIFEST, no_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUMS = "SHA256SUMS"  # in what was exported
EXPORTED = "exported.json"  # the same: what was left out
PRIVATE = "private/"
READERS = 4


@dataclass(slots=True)
class Integrity:
    """How a case stands. `sound` says that nothing is wrong, which an unsealed case never is: nothing tells of it."""

    state: str  # as `seal.Seal.state`
    manifest: str = ""  # SHA-256 of manifest.json: noted elsewhere, it tells who seals anew
    lines: int = 0  # of the chain
    head: str = ""  # hash of its last line
    files: int = 0  # that were sealed
    checked: int = 0  # of them, read now
    partial: bool = False  # an audit that was interrupted: whole as it is, but not all was read
    left_out: int = 0  # of an export: private files that are not in it
    removed: int = 0  # private files that went by a rule which the seal foresees
    removed_on: str = ""  # when (UTC), by the chain
    removed_why: str = ""  # "age" or "room"
    problems: list[str] = field(default_factory=list)  # of seal and chain
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)  # of a process that was killed
    desktop: list[str] = field(default_factory=list)  # made by a file manager in which somebody looked: harms nothing

    @property
    def sound(self) -> bool:
        """Whether the case is sealed and all of it is as it was."""
        return self.state == "sealed" and not self.harmed

    @property
    def harmed(self) -> bool:
        """Whether something was changed, taken away, added or left behind."""
        return bool(self.problems or self.changed or self.missing or self.added or self.leftovers)

    def document(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self) | {"sound": self.sound}


def integrity(folder: Path) -> Integrity:
    """Hold a case folder against its seal. Raises CaseError where the folder is no case at all."""
    if not (folder / "case.json").exists() and not (folder / CUSTODY).exists() and not (folder / MANIFEST).exists():
        raise no_case(folder)
    manifest = _manifest(folder)
    seal = _seal(folder, manifest)
    chain = entries(folder)
    standing = Integrity(seal.state, seal.manifest, len(chain), chain[-1]["hash"] if chain else "", len(seal.files))
    standing.problems = [*([seal.problem] if seal.problem else []), *broken(folder)]
    if (removal := seal.removal) is not None:
        standing.removed, standing.removed_on, standing.removed_why = seal.removed, removal.when, removal.why
        standing.problems += [one for one in (removal.problem, removal.damage) if one]
    standing.partial = seal.state == "sealed" and bool(manifest.get("partial", True))
    there = dict(_walked(folder, folder))
    export = _export(folder, standing)
    if seal.state in ("unsealed", "unfinished"):
        standing.problems += _as_the_chain_says(folder)
    if seal.state == "sealed":
        _compare(folder, seal, there, standing, export=export)
    _others(folder, seal, there, standing, export=export)
    return standing


def _manifest(folder: Path) -> dict[str, Any]:
    """case.json; empty where it cannot be read."""
    try:
        manifest = orjson.loads((folder / "case.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _seal(folder: Path, manifest: dict[str, Any]) -> Seal:
    try:
        return read_seal(folder, manifest)
    except (CaseError, ValueError, TypeError, AttributeError) as error:
        return Seal("broken", {}, reason("seal_unreadable", name=MANIFEST, why=error))


def _as_the_chain_says(folder: Path) -> list[str]:
    """What of a case without a seal is not as its chain says: recordings, and the tables of earlier versions."""
    from netaudit.evidence.case.reading import Case
    from netaudit.evidence.case.sealed import differing

    try:
        return differing(Case(folder, check=False))
    except (CaseError, ValueError) as error:
        return [str(error)]


def _compare(folder: Path, seal: Seal, there: dict[str, bool], standing: Integrity, *, export: bool) -> None:
    wanted = []
    for name, fact in seal.files.items():
        if there.get(name):
            wanted.append((name, fact))
        elif export and name.startswith(PRIVATE):
            standing.left_out += 1
        else:
            standing.missing.append(name)
    with ThreadPoolExecutor(READERS) as pool:  # hashing needs no interpreter
        same = pool.map(lambda one: _is(folder / one[0], one[1]), wanted)
        standing.changed = [name for (name, _), holds in zip(wanted, same, strict=True) if not holds]
    standing.checked = len(wanted)


def _is(path: Path, fact: Fact) -> bool:
    try:
        return path.stat().st_size == fact.bytes and hashed(path) == fact
    except OSError:
        return False


def _others(folder: Path, seal: Seal, there: dict[str, bool], standing: Integrity, *, export: bool) -> None:
    """What nobody sealed: the rest of a killed process, or added by somebody."""
    busy = holder(folder) is not None
    for name in sorted(there):
        top = name.partition("/")[0]
        if name in seal.files or name in (CUSTODY, MANIFEST, *ATTESTED) or (export and name in (SUMS, EXPORTED)):
            continue
        if name == LOCK and (busy or not (folder / name).stat().st_size):
            continue
        if top in (LOCK, STAND_IN, JOURNAL, COMING, GOING) or top.startswith(f"{LOCK}.") or name.endswith(NEW):
            standing.leftovers.append(name)
        elif is_left_by_desktop(name.rpartition("/")[2]):
            standing.desktop.append(name)
        elif seal.state == "sealed":
            standing.added.append(name)


def _walked(folder: Path, root: Path) -> Iterator[tuple[str, bool]]:
    """Every name below a folder, and whether it is a plain file."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _walked(path, root)
        else:
            yield path.relative_to(root).as_posix(), path.is_file() and not path.is_symlink()


def _export(folder: Path, standing: Integrity) -> bool:
    """Whether this is an unpacked export; its own list of sums is checked, byte by byte."""
    if not (folder / EXPORTED).is_file() or (folder / "private").exists():
        return False
    try:
        sums = (folder / SUMS).read_bytes()
        names = [name for name, plain in _walked(folder, folder) if plain and name not in (SUMS, LOCK)]
        listed = {line.partition("  ")[2] for line in sums.decode().splitlines()}
        if sums_of(folder, [name for name in names if name in listed]) != sums:
            standing.problems.append(reason("sums_other", name=SUMS))
    except (OSError, ValueError) as error:
        standing.problems.append(reason("sums_unread", name=SUMS, why=error))
    return True


def sums_of(folder: Path, names: list[str]) -> bytes:
    """The list of sums of some files, in the form that `sha256sum --check` reads."""
    return "".join(f"{hashed(folder / name).sha256}  {name}\n" for name in sorted(names)).encode()

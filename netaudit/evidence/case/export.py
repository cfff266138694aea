"""A case to pass on: one zip with what netaudit wrote, but nothing of `private/`.

What goes in is what the case was sealed with, each file held against the seal while it is packed, and signature and
time stamp over that seal, if there are any; nothing else that lies in the folder is taken along. The same case gives
the same bytes: members are sorted and carry the earliest time a zip can hold. `SHA256SUMS` inside lists every member,
in the form that `sha256sum --check` reads, and `exported.json` says what was left out, so that `netaudit verify` can
tell that from what is missing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from netaudit.core.schema import TABLES
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.integrity import EXPORTED, PRIVATE, SUMS
from netaudit.evidence.case.lock import undisturbed
from netaudit.evidence.case.seal import ATTESTED
from netaudit.evidence.case.writing import CUSTODY, MANIFEST, OURS

if TYPE_CHECKING:
    from netaudit.evidence.case.reading import Case

EARLIEST = (1980, 1, 1, 0, 0, 0)  # APPNOTE.TXT 4.4.6: MS-DOS dates begin here
MASKED = b'<p class="mark">'  # the report's own statement that it is masked
PIECE = 1 << 20
_UNSHARED = ("paths", "command")  # of run.json of earlier versions: where the captures lie names people and machines


def export_shareable(case: Case, out: Path, *, overwrite: bool = False) -> int:
    """Write the shareable part of `case` to the zip `out`; gives the number of files in it, the list of sums included.

    Raises UsageError when `out` exists and must not be replaced, when the report in the case shows clear data, or when
    the audit did not come to its end; CaseError when a file is not as it was sealed.
    """
    if out.exists() and not overwrite:
        raise UsageError("{}: exists; choose another name or say --overwrite", out)
    if not out.parent.is_dir():
        raise UsageError("{}: is no folder", out.parent)
    if case.seal.state not in ("sealed", "unsealed"):
        raise UsageError("{}: the audit did not come to its end; there is no whole case to pass on", case.folder)
    with undisturbed(case.folder, "export"):
        return _write(case, out)


def _write(case: Case, out: Path) -> int:
    sums: list[tuple[str, str]] = []
    descriptor, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            sums += [(member, _add(archive, case, member)) for member in shareable(case)]
            data = orjson.dumps(_left_out(case), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
            archive.writestr(_entry(EXPORTED), data)
            sums.append((EXPORTED, hashlib.sha256(data).hexdigest()))
            archive.writestr(_entry(SUMS), "".join(f"{digest}  {member}\n" for member, digest in sorted(sums)))
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    return len(sums) + 1


def _left_out(case: Case) -> dict[str, object]:
    return {
        "left_out": sum(name.startswith(PRIVATE) for name in case.seal.files),
        "manifest": case.seal.manifest,
        "state": case.seal.state,
    }


def shareable(case: Case) -> list[str]:
    """Names of the files that may be shared, sorted: those of the seal, or, without one, those that a case has."""
    if case.seal.state == "sealed":
        names = {name for name in case.seal.files if not name.startswith(PRIVATE)} | {CUSTODY, MANIFEST}
        signed = {name for name in ATTESTED if (case.folder / name).is_file()}
        return sorted(names | signed)
    known = [*OURS, *(f"tables/{table.name}.parquet" for table in TABLES)]
    paths = {name: case.folder / name for name in known}
    return sorted(name for name, path in paths.items() if path.is_file() and not path.is_symlink())


def _add(archive: zipfile.ZipFile, case: Case, member: str) -> str:
    """Add a file, changed where sharing asks for it; gives its SHA-256."""
    path = case.folder / member
    if path.is_symlink():
        raise CaseError("{}: is a link, which a case never has", path)
    if member in case.seal.files:
        case.sound(member)
    if member == "run.json" and case.seal.state != "sealed":
        run = {key: value for key, value in orjson.loads(path.read_bytes()).items() if key not in _UNSHARED}
        data = orjson.dumps(run, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
        archive.writestr(_entry(member), data)
        return hashlib.sha256(data).hexdigest()
    if member.endswith(".html") and MASKED not in path.read_bytes():
        raise UsageError("{}: shows clear data; write the report again without --unmask before sharing", path)
    digest = hashlib.sha256()
    entry = _entry(member)
    with path.open("rb") as source:
        entry.file_size = os.fstat(source.fileno()).st_size
        with archive.open(entry, "w") as target:
            while piece := source.read(PIECE):
                digest.update(piece)
                target.write(piece)
    fact = case.seal.files.get(member)
    if fact is not None and fact.sha256 != digest.hexdigest():
        raise CaseError("{}: was changed while it was packed", path)
    return digest.hexdigest()


def _entry(member: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(member, EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, wherever it is written: the same bytes
    entry.external_attr = 0o100644 << 16
    return entry

"""A case to pass on: one zip with what netaudit wrote, but nothing of `private/`.

The same case gives the same bytes: members are sorted and carry the earliest time a zip can hold. `SHA256SUMS` inside
lists every member, in the form that `sha256sum --check` reads.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from netaudit.case.writing import OURS
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.case.reading import Case

SUMS = "SHA256SUMS"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # APPNOTE.TXT 4.4.6: MS-DOS dates begin here
MASKED = b'<p class="mark">'  # the report's own statement that it is masked
_UNSHARED = ("paths", "command")  # of run.json: where the captures lie names people and machines


def export_shareable(case: Case, out: Path, *, overwrite: bool = False) -> int:
    """Write the shareable part of `case` to the zip `out`; gives the number of files in it, the list of sums included.

    Raises UsageError when `out` exists and must not be replaced, or when the report in the case shows clear data.
    """
    if out.exists() and not overwrite:
        raise UsageError(f"{out}: exists; choose another name or say --overwrite")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: is no folder")
    sums: list[str] = []
    descriptor, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in shareable_files(case.folder):
                member = path.relative_to(case.folder).as_posix()
                sums.append(f"{_add(archive, member, path)}  {member}\n")
            archive.writestr(_entry(SUMS), "".join(sums))
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    return len(sums) + 1


def shareable_files(folder: Path) -> Iterator[Path]:
    """Files of the case that may be shared, sorted; links are none, nor is anything that netaudit did not write."""
    for name in sorted(set(OURS) - {"private"}):
        path = folder / name
        if path.is_symlink():
            continue
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())


def _add(archive: zipfile.ZipFile, member: str, path: Path) -> str:
    """Add a file, changed where sharing asks for it; gives its SHA-256."""
    if member == "run.json":
        run = {key: value for key, value in orjson.loads(path.read_bytes()).items() if key not in _UNSHARED}
        data = orjson.dumps(run, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
        archive.writestr(_entry(member), data)
        return hashlib.sha256(data).hexdigest()
    if member.endswith(".html") and MASKED not in path.read_bytes():
        raise UsageError(f"{path}: shows clear data; write the report again without --unmask before sharing")
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        entry = _entry(member)
        entry.file_size = path.stat().st_size
        with archive.open(entry, "w") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    return digest


def _entry(member: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(member, EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, wherever it is written: the same bytes
    entry.external_attr = 0o100644 << 16
    return entry

"""Whether the installed files are those of a release: by the list of hashes that a wheel brings (RECORD, PEP 376).

Whoever can change a file can change the list, too; so its own hash is told, to be compared with the published one. That
is over the lines of the package's own files, which an installer leaves as they are.

Which copy of netaudit this is: a hash over its code.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

DISTRIBUTION = "netaudit-forensics"
OURS = "netaudit/"


@dataclass(frozen=True, slots=True)
class Release:
    """How the installed files stand to their list."""

    files: int
    digest: str  # over the list
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()  # code that the list does not have


def release(distribution: str = DISTRIBUTION) -> Release | None:
    """None where nothing was installed from a wheel: a checkout, a frozen program."""
    from importlib import metadata  # which takes as long as all else of a short command

    try:
        found = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return None
    lines = record_lines(found.read_text("RECORD") or "")
    if not lines:
        return None
    root = Path(str(found.locate_file("")))
    changed, missing = [], []
    for name, digest in lines.items():
        path = root / name
        if not path.is_file():
            missing.append(name)
        elif hashed(path.read_bytes()) != digest:
            changed.append(name)
    code = (path.relative_to(root).as_posix() for path in (root / OURS).rglob("*.py"))
    added = sorted(set(code) - set(lines))
    return Release(len(lines), digest_of(lines), tuple(changed), tuple(missing), tuple(added))


def record_lines(record: str) -> dict[str, str]:
    """Of a RECORD the package's own files with their hashes, in order of names."""
    import csv

    rows = (row for row in csv.reader(record.splitlines()) if len(row) == 3)
    lines = {name: digest for name, digest, _ in rows if name.startswith(OURS) and digest}
    return dict(sorted(lines.items()))


def digest_of(lines: dict[str, str]) -> str:
    """SHA-256 over the list."""
    return hashlib.sha256("".join(f"{name},{digest}\n" for name, digest in lines.items()).encode()).hexdigest()


def hashed(data: bytes) -> str:
    """A hash as RECORD writes it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


PACKAGE = Path(__file__).parents[2]
CODE = (".py", ".yaml", ".csv", ".sql", ".j2", ".js", ".css", ".json")
NOT_CODE = ("_docs", "_kernels", "_signatures", "__pycache__")


def code_digest(package: Path = PACKAGE) -> str:
    """SHA-256 over all code and texts of the package, by names and contents; ends of lines count as one."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*"), key=lambda one: one.relative_to(package).as_posix()):
        name = path.relative_to(package).as_posix()
        if path.suffix in CODE and not set(path.relative_to(package).parts) & set(NOT_CODE):
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()

"""Which copy of netaudit this is: a hash over its code."""

from __future__ import annotations

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
CODE = (".py", ".yaml", ".csv", ".j2", ".js", ".css", ".json")
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

"""Keys that an audit was given: asked for with their limits and an authority, gathered, accounted for, kept privately.

Nothing is opened unless somebody says which connections may be, and by what consent or authority: what TLS hides are
people's own words, far beyond what an audit is about.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.capture.inputs import short_names
from netaudit.core.storage.files import read_given
from netaudit.core.system.reasons import why
from netaudit.errors import UsageError
from netaudit.protocols.decryption.audit_keys import Given
from netaudit.protocols.decryption.keylog import CAPTURE, LARGEST, LOG, KeyRing, Source, read_source
from netaudit.protocols.decryption.scope import wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from netaudit.capture.from_files import Source as CaptureSource
    from netaudit.evidence.case.custody import Custody

TLS_KEY_LOG = 0x544C534B  # type of secrets (pcapng, 4.7)
LOG_NAME = "keys.log"  # under private/: the secrets that opened something


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """What the user asked for: files of keys, what they may open, and why it is lawful."""

    files: tuple[Path, ...] = ()
    keys_for: tuple[str, ...] = ()
    authority: str = ""
    sources: tuple[Source, ...] = field(default=(), repr=False)

    def facts(self) -> dict[str, Any]:
        """What `run.json` says of it."""
        return {"keys_for": list(self.keys_for), "authority": self.authority}


def request(files: Sequence[Path], keys_for: Sequence[str], authority: str | None) -> KeyRequest | None:
    """Read what was asked for; None where nothing was. Raises UsageError for what is not allowed, or not readable."""
    if not (files or keys_for or authority):
        return None
    if not keys_for:
        raise UsageError("keys open nothing by themselves: say what may be opened, --keys-for HOST, CIDR or all")
    if not (authority or "").strip():
        raise UsageError("opened traffic is private: say by what consent or authority it is opened, --authority TEXT")
    wanted(tuple(keys_for))
    sources = []
    for path in files:
        try:
            sources.append(read_source(path.name, read_given(path, LARGEST)))
        except OSError as error:
            raise UsageError("{}: {}", path, why(error)) from error
    return KeyRequest(tuple(files), tuple(keys_for), str(authority).strip()[:2000], tuple(sources))


@dataclass(slots=True)
class Gathered:
    """Keys in hand, and what the manifest says of them."""

    given: Given
    facts: dict[str, Any]


def gather(asked: KeyRequest | None, captures: Iterable[CaptureSource]) -> Gathered | None:
    """Add secrets in the captures themselves to those of the files. Of a pipe only those before its packets count."""
    if asked is None:
        return None
    sources, late = list(asked.sources), []
    captures = list(captures)
    for capture, name in zip(captures, short_names([one.name for one in captures]), strict=True):
        found, complete = _embedded(capture)
        if found:
            sources.append(Source(name, CAPTURE, found))
        if not complete:
            late.append(name)
    return Gathered(Given(tuple(sources), wanted(asked.keys_for)), _facts(asked, sources, late))


def _facts(asked: KeyRequest, sources: Sequence[Source], late: list[str]) -> dict[str, Any]:
    from netaudit.core.masking.mask import mask

    ring = KeyRing(tuple(sources))
    return asked.facts() | {
        "sources": [
            {"label": source.label, "kind": source.kind, "name": mask(source.name), "sha256": source.sha256}
            for source in sources
        ],
        "secrets": ring.lines,
        "lines_not_understood": ring.strange,
        "only_secrets_before_packets": [mask(name) for name in late],  # pipes: they cannot be searched beforehand
    }


def _embedded(capture: CaptureSource) -> tuple[bytes, bool]:
    """Key logs inside a capture, one behind the other; whether the whole capture was searched for them."""
    from netaudit.capture.from_files import secrets_of

    if capture.path is not None and capture.path.is_file():
        secrets, complete = secrets_of(capture.path), True
    else:
        secrets, complete = capture.secrets[: capture.early_secrets], False
    return b"\n".join(data for kind, data in secrets if kind == TLS_KEY_LOG), complete


def keep_used(folder: Path) -> None:
    """Join the secrets that opened something into one key log under private/, which only its owner may read."""
    lines: set[bytes] = set()
    for path in sorted((folder / "private").glob("keys.*.part")):
        lines |= set(path.read_bytes().split(b"\n"))
        path.unlink()
    if lines - {b""}:
        write_private(folder / "private" / LOG_NAME, b"".join(line + b"\n" for line in sorted(lines - {b""})))


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
    ) as file:
        file.write(data)


class Growing:
    """Key logs that are written while a live audit runs: new lines are taken as they come."""

    def __init__(self, asked: KeyRequest) -> None:
        self._taken = [len(source.data) for source in asked.sources]
        self._asked = asked

    def refresh(self, ring: KeyRing) -> None:
        """Take whole lines that were added since the last call."""
        for number, (path, source) in enumerate(zip(self._asked.files, self._asked.sources, strict=True)):
            if source.kind != LOG:
                continue
            try:
                if path.stat().st_size <= self._taken[number]:
                    continue
                with path.open("rb") as file:
                    file.seek(self._taken[number])
                    added = file.read(1 << 20)
            except OSError:
                continue
            whole = added.rfind(b"\n") + 1
            self._taken[number] += whole
            ring.add_lines(number, added[:whole])


def note_keys(custody: Custody, keys: KeyRequest | None) -> None:
    """A line for keys that were given: from which files, with which hashes, for what, by what authority."""
    if keys is not None:
        sources = [{"kind": source.kind, "sha256": source.sha256} for source in keys.sources]
        custody.note("keys", sources=sources, **keys.facts())

"""The seal of a case: manifest.json, made once by the audit, and the chain, to which everything later is added.

manifest.json is one line of canonical JSON (RFC 8785: sorted keys, no spaces), so that it can be signed as it is:

    {"chain": {"head": hash of the chain's last line before, "lines": n}, "files": {name: {"bytes": n, "sha256": hex}},
     "format": "netaudit manifest 1", "netaudit": version}

`files` has every file of the case but the chain and the manifest itself; `removal` (`removal.py`) a rule by which
private ones go later, where there is one. The next line of the chain, `sealed`, has the
SHA-256 of the manifest. What the audit found never changes after that; what may change (LATER: the report written
again, decisions, moments, a second opinion) is named, with its new hash, by later lines of the chain. Whoever can write
the folder can seal it anew after a change: only a signature over the manifest tells, or its hash noted elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.contracts.reasons import reason
from netaudit.core.storage.files import write_whole
from netaudit.errors import CaseError
from netaudit.evidence.case.custody import RECORD, Custody, entries, forged
from netaudit.evidence.case.lock import holder
from netaudit.evidence.case.removal_rule import Removal, removable, removal_of, rule_of
from netaudit.evidence.case.writing import CUSTODY, DECISIONS, MANIFEST, OURS
from netaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FORMAT = "netaudit manifest 1"
SEALED = "sealed"  # the line of the chain that has the hash of the manifest
BEGINNINGS = ("begun", "resumed")
LATER = frozenset(
    {
        "report.html",
        "report-frames.csv",
        DECISIONS,
        "moments.jsonl",
        "private/unmasked.jsonl",
        "private/verify.json",
        "private/verify-dpkt.json",
    }
)  # of files, what later lines of the chain may say
ATTESTED = frozenset(
    f"signature/{name}"
    for name in (
        "manifest.p7s", "manifest.tsq", "manifest.tsr", "authority.pem", "manifest-sm3.txt", "manifest-sm3.p7s",
        "manifest-sha256.txt", "bagit.txt", "bag-info.txt", "manifest.sm2", "manifest-sm3.sm2", "sm2.pem",
    )
)  # fmt: skip
"""What is made of the manifest and so cannot be in it: `attesting/` writes and checks it."""
_OBJECT = re.compile(r"private/objects/[0-9a-f]{2}/([0-9a-f]{64})\.\w{1,16}")
_RECORDED = re.compile(re.escape(RECORD) + r"/(record-[\w.-]{1,80})")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Fact:
    """What a file is sealed with."""

    bytes: int
    sha256: str


def seal(folder: Path, custody: Custody) -> str:
    """Write the manifest of a case that has come to its end, and its line; gives the SHA-256 of the manifest.

    Bytes of images were hashed when they were stored (their names say so), recorded files when they were read (the
    chain says so); of these only the size is looked at now. `netaudit verify` reads them all.
    """
    recorded = {str(line.get("file")): line for line in entries(folder) if line["what"] == "recorded"}
    files = {name: _fact_of(folder, name, size, recorded) for name, size in _members(folder).items()}
    manifest: dict[str, Any] = {
        "chain": {"head": custody.last, "lines": custody.number},
        "files": {name: {"bytes": fact.bytes, "sha256": fact.sha256} for name, fact in files.items()},
        "format": FORMAT,
        "netaudit": __version__,
    }
    begun = next((line for line in reversed(entries(folder)) if line["what"] == BEGINNINGS[0]), None)
    if begun is not None and (rule := rule_of(begun.get("removal"))) is not None:
        manifest["removal"] = rule.facts()
    data = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
    write_whole(folder / MANIFEST, data, lasting=True)
    digest = hashlib.sha256(data).hexdigest()
    custody.note(SEALED, manifest=digest, files=len(files))
    return digest


def later(folder: Path, what: str, names: Iterable[str] = (), **figures: Any) -> None:
    """Add a line about something done after the audit, with the hashes that the files `names` have now."""
    with Custody(folder) as custody:
        facts = {name: {"bytes": (fact := hashed(folder / name)).bytes, "sha256": fact.sha256} for name in names}
        custody.note(what, **figures, **({"changed": facts} if facts else {}))


def members(folder: Path) -> list[str]:
    """Names of all files of a case that a manifest has, sorted; links are none."""
    return sorted(_members(folder))


def _members(folder: Path) -> dict[str, int]:
    """Names as `members`, and sizes in bytes."""
    with os.scandir(folder) as there:
        ours = [one for one in there if one.name in OURS and one.name not in (CUSTODY, MANIFEST, "signature")]
    return dict(_below(ours, ""))


def _below(entries: Iterable[os.DirEntry[str]], prefix: str) -> Iterator[tuple[str, int]]:
    """Files among entries of a folder and below; links are not followed, and are none."""
    for one in entries:
        if one.is_dir(follow_symlinks=False):
            with os.scandir(one.path) as inside:
                yield from _below(inside, f"{prefix}{one.name}/")
        elif one.is_file(follow_symlinks=False):
            yield prefix + one.name, one.stat(follow_symlinks=False).st_size


def _fact_of(folder: Path, name: str, size: int, recorded: dict[str, dict[str, Any]]) -> Fact:
    if found := _OBJECT.fullmatch(name):
        return Fact(size, found[1])
    if (found := _RECORDED.fullmatch(name)) and (line := recorded.get(found[1])) and line.get("sha256"):
        return Fact(size, str(line["sha256"]))
    return hashed(folder / name)


def hashed(path: Path) -> Fact:
    """Size and SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Fact(file.tell(), digest)


@dataclass(frozen=True, slots=True)
class Seal:
    """What a case says of itself: how it stands, and what its files have to be."""

    state: str
    """sealed · writing (a process is at it) · unfinished (the audit did not come to its end: a crash) · unsealed (by a
    version that sealed nothing) · broken (the seal itself was changed or taken away)"""
    files: dict[str, Fact]  # as they are to be now; empty without a seal
    problem: str = ""  # why it is broken: a reason
    manifest: str = ""  # its SHA-256
    changed_later: frozenset[str] = frozenset()  # files of which a line after the seal speaks
    removal: Removal | None = None  # by which private data went after the seal
    removed: int = 0  # files that are not in `files` any more, since that removal allows it


def read_seal(folder: Path, manifest: dict[str, Any]) -> Seal:
    """The seal of a case of which `manifest` is case.json; looks at the chain and at manifest.json only."""
    chain = entries(folder)
    start = max((place for place, line in enumerate(chain) if line["what"] in BEGINNINGS), default=-1)
    lines = [line for line in chain[start + 1 :] if line["what"] == SEALED]
    path = folder / MANIFEST
    there = path.is_file() and not path.is_symlink()
    if not there and not lines:
        return _without(
            folder, manifest, begun=start >= 0, concluded="concluded" in {line["what"] for line in chain[start + 1 :]}
        )
    if not there:
        return Seal("broken", {}, reason("seal_gone", name=MANIFEST))
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if not lines:
        state = "unfinished" if start >= 0 and chain[-1]["what"] != "concluded" else "broken"
        if holder(folder) is not None:
            state = "writing"
        # Behind "concluded", an audit that was killed and a line that was taken away look alike: both are said.
        return Seal(state, {}, reason("seal_untold", name=MANIFEST), digest)
    if lines[-1].get("manifest") != digest:
        return Seal("broken", {}, reason("seal_other", name=MANIFEST), digest)
    if problem := forged(folder):
        return Seal("broken", {}, problem, digest)
    after = chain[chain.index(lines[-1]) + 1 :]
    changed = _changed(after)
    files = _files(data) | changed
    removal = removal_of(rule_of(orjson.loads(data).get("removal")), after)
    gone = _gone(folder, files) - removal.before if removal is not None and not removal.problem else set()
    left = {name: fact for name, fact in files.items() if name not in gone}
    return Seal("sealed", left, "", digest, frozenset(changed), removal, len(gone))


def _gone(folder: Path, files: Iterable[str]) -> set[str]:
    """Private files that are not there: a removal that was cut off leaves some, which are held against the seal."""
    return {name for name in files if removable(name) and not os.path.lexists(folder / name)}


def sealed_files(folder: Path, lines: int) -> dict[str, Fact]:
    """What a sealed case had to hold when its chain had so many lines; empty where it was not sealed yet."""
    chain = entries(folder)[:lines]
    ends = [place for place, line in enumerate(chain) if line["what"] in (SEALED, *BEGINNINGS)]
    if not ends or chain[ends[-1]]["what"] != SEALED:
        return {}
    return _files((folder / MANIFEST).read_bytes()) | _changed(chain[ends[-1] + 1 :])


def _without(folder: Path, manifest: dict[str, Any], *, begun: bool, concluded: bool) -> Seal:
    """A case without any trace of a seal."""
    if holder(folder) is not None:
        return Seal("writing", {})
    if "totals" not in manifest or (begun and not concluded):
        return Seal("unfinished", {})
    if manifest.get("seal"):
        return Seal("broken", {}, reason("seal_never", name=MANIFEST))
    return Seal("unsealed", {})


def _files(data: bytes) -> dict[str, Fact]:
    manifest = orjson.loads(data)
    if manifest.get("format") != FORMAT:
        raise CaseError(
            "{}: is of another format ({}); a later netaudit wrote it", MANIFEST, str(manifest.get("format"))[:40]
        )
    return {name: Fact(int(fact["bytes"]), str(fact["sha256"])) for name, fact in manifest["files"].items()}


def _changed(lines: list[dict[str, Any]]) -> dict[str, Fact]:
    """What lines after the seal say of files; they have no say about what the audit found."""
    found: dict[str, Fact] = {}
    for line in lines:
        changed = line.get("changed")
        for name, fact in changed.items() if isinstance(changed, dict) else ():
            if name in LATER and isinstance(fact, dict) and _HEX.fullmatch(str(fact.get("sha256"))):
                found[name] = Fact(int(fact.get("bytes", -1)), str(fact["sha256"]))
    return found

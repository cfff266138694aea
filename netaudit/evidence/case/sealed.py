"""Whether the files of a case are the ones that its chain of custody names, and whether the chain has its end.

A chain of which the last lines were cut off still holds by itself (`custody.broken`); what the case holds tells: a
concluded case without its last line, recorded files and moments of which no line speaks.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.reasons import reason
from netaudit.core.system.reasons import why
from netaudit.evidence.case.custody import NAME, RECORD, entries
from netaudit.evidence.case.moments import MOST, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.evidence.case.reading import Case

MARKED = ("screen", "stdin")  # sources of moments that are noted in the chain as they are marked
NOTED = "moments noted"  # the line of a file of moments, with the ids of all in it
_SHAREABLE = re.compile(r"case\.json|tables/\w{1,80}\.parquet")
_RECORDED = re.compile(r"record-[\w.-]{1,80}")


def differing(case: Case) -> list[str]:
    """What of a case is not as its chain says, one reason each. Reads and hashes all files that the chain names."""
    chain = entries(case.folder)
    if not chain:
        live = isinstance(case.run.get("live"), dict) or any(_recorded(case.folder))
        return [reason("sealed_none", name=NAME)] if live else []
    return [*_results(case, chain), *_recordings(case.folder, chain), *_moments(case.folder, chain)]


def _results(case: Case, chain: list[dict[str, Any]]) -> Iterator[str]:
    """Manifest and tables against the last line of the audit that wrote them."""
    last = next((line for line in reversed(chain) if line["what"] in ("begun", "resumed", "concluded")), None)
    if last is None and not any(line["what"] == "recorded" for line in chain):
        return  # a case from files, by a version that kept no chain; what was done later is in it
    if last is None or last["what"] != "concluded":
        if not case.manifest.get("partial", False):
            yield reason("sealed_end")
        return
    digests = last.get("sha256")
    for name, digest in sorted(digests.items()) if isinstance(digests, dict) else ():
        if _SHAREABLE.fullmatch(name):
            yield from _against(case.folder / name, name, digest)


def _recordings(folder: Path, chain: list[dict[str, Any]]) -> Iterator[str]:
    sealed = {str(line.get("file")): line.get("sha256") for line in chain if line["what"] == "recorded"}
    gone = {str(line.get("file")) for line in chain if line["what"] == "overwritten"}
    if not (folder / "private").is_dir():  # an export, which has none of it
        return
    there = set(_recorded(folder))
    for name in sorted(there - sealed.keys()):
        yield reason("sealed_no_hash", name=name)
    for name, digest in sorted(sealed.items()):
        if _RECORDED.fullmatch(name) and name not in gone:
            yield from _against(folder / RECORD / name, name, digest)


def _against(path: Path, name: str, digest: object) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                yield reason("sealed_other_hash", name=name)
    except FileNotFoundError:
        yield reason("sealed_gone", name=name)
    except OSError as error:
        yield reason("sealed_unread", name=name, why=why(error))


def _recorded(folder: Path) -> list[str]:
    place = folder / RECORD
    return [path.name for path in place.iterdir() if _RECORDED.fullmatch(path.name)] if place.is_dir() else []


def _moments(folder: Path, chain: list[dict[str, Any]]) -> Iterator[str]:
    """Moments marked during the recording or noted by hand, in both directions; notes without a line are older."""
    noted = {str(line.get("moment")) for line in chain if line["what"] == "moment"}
    files = [line.get("moments") for line in chain if line["what"] == NOTED]
    noted |= {str(name) for names in files if isinstance(names, list) for name in names}
    kept = stored(folder)
    for moment in kept:
        if (moment.source in MARKED or files) and moment.moment_id not in noted:
            yield reason("sealed_moment_untold", name=moment.moment_id)
    if len(kept) >= MOST:  # further ones are not read
        return
    for name in sorted(noted - {moment.moment_id for moment in kept}):
        yield reason("sealed_moment_other", name=name[:16])

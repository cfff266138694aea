"""Whether a report is the one that its case gives: rendered anew, and held against the file that lies there.

Left out is only what a report says of the moment it was written at, between marks of its own: the run and the chain,
seal and signature, and that news came since. Where the case has no pictures (an export), those are left out as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit import __version__
from netaudit.case.custody import entries
from netaudit.case.report_status import FRAMES, REPORT, WRITTEN, stale
from netaudit.errors import NetauditError
from netaudit.report.from_case import rendered
from netaudit.report.texts import Texts
from netaudit.storage.given_files import read_given

if TYPE_CHECKING:
    from netaudit.case.reading import Case

MINE, FORGED, UNKNOWN, NONE = "of this case", "not of this case", "not compared", "none"
LARGEST = 1 << 30  # bytes of a report
_THEN = re.compile(rb"<!-- (run|then) -->.*?<!-- /\1 -->", re.DOTALL)
_PICTURES = re.compile(rb"<!-- pictures -->.*?<!-- /pictures -->", re.DOTALL)
_SECTION = re.compile(rb'<section id="(\w{1,40})"')
_LANG = re.compile(rb'<html lang="(zh|en)')
_VERSION = re.compile(rb'name="generator" content="netaudit ([^"]{1,60})"')


@dataclass(frozen=True, slots=True)
class Belonging:
    """How a report stands to its case: MINE, FORGED (in which parts), UNKNOWN (why), NONE."""

    status: str
    parts: tuple[str, ...] = ()  # names of sections; "head" before the first one, or the file with all frames
    reason: str = ""
    after_seal: bool = False  # written after the seal, so that a signature over it does not reach the report


def belonging(case: Case) -> Belonging:
    """Hold the report in a case against what the case gives."""
    path = case.folder / REPORT
    if not path.is_file():
        return Belonging(NONE)
    later = REPORT in case.seal.changed_later
    try:
        there = read_given(path, LARGEST)
        line: dict[str, Any] = next((one for one in reversed(entries(case.folder)) if one["what"] == WRITTEN), {})
        found = _LANG.search(there[:4096])
        version = _VERSION.search(there[:4096])
        if found is None or version is None:
            return Belonging(FORGED, ("head",), after_seal=later)
        said = str(line.get("netaudit") or case.manifest.get("netaudit_version"))
        if said != __version__:
            return Belonging(UNKNOWN, reason=f"written by netaudit {said}; this is {__version__}", after_seal=later)
        lang = found[1].decode()
        html, frames = rendered(
            case, lang, unmask=bool(line.get("unmasked")), zone=line.get("zone"), recipient=str(line.get("for") or "")
        )
    except (NetauditError, OSError, ValueError, LookupError, TypeError) as error:
        return Belonging(UNKNOWN, reason=str(error), after_seal=later)
    pictures = (case.folder / "private").is_dir()
    news = f'<p class="alarm">{Texts(lang)("stale")}</p>'.encode()
    parts = _differing(_plain(there.replace(news, b"", 1), pictures), _plain(html, pictures))
    beside = case.folder / FRAMES
    if not beside.is_file() or beside.read_bytes() != frames:
        parts.append(FRAMES)
    if parts and stale(case.folder):
        return Belonging(UNKNOWN, reason="written before later decisions, moments or reviews", after_seal=later)
    return Belonging(FORGED if parts else MINE, tuple(parts), after_seal=later)


def _plain(html: bytes, pictures: bool) -> bytes:  # noqa: FBT001
    html = _THEN.sub(rb"<!-- \1 -->", html)
    return html if pictures else _PICTURES.sub(b"<!-- pictures -->", html)


def _differing(there: bytes, here: bytes) -> list[str]:
    """Names of the sections in which two reports differ, in their order."""
    one, other = _sections(there), _sections(here)
    if [name for name, _ in one] != [name for name, _ in other]:
        return ["head"]
    return [name for (name, text), (_, wanted) in zip(one, other, strict=True) if text != wanted]


def _sections(html: bytes) -> list[tuple[str, bytes]]:
    starts = [(found.start(), found[1].decode()) for found in _SECTION.finditer(html)]
    ends = [*(at for at, _ in starts), len(html)]
    return [
        ("head", html[: ends[0]]),
        *((name, html[at:end]) for (at, name), end in zip(starts, ends[1:], strict=True)),
    ]

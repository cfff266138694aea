"""Whether a report is the one that its case gives: rendered anew as of the moment it was written at, byte for byte.

What a report says of that moment (when it was made, chain, seal, signature, second opinions, news since) is what the
chain says of it. Of a case without its images (an export) the thumbnails are taken from the report itself: that they
stand where images of findings belong is held, what they show is not.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.core.storage.files import read_given
from netaudit.errors import CaseError, NetauditError, ReasonedError
from netaudit.evidence.case.custody import broken
from netaudit.evidence.case.report_status import FRAMES, REPORT, Moment, marked, written
from netaudit.report.from_case import rendered
from netaudit.report.rewriting import may_be_shown, with_news
from netaudit.version import __version__

if TYPE_CHECKING:
    from netaudit.evidence.case.reading import Case
    from netaudit.report.sections_images import Pictures

MINE, FORGED, UNKNOWN, NONE = "of this case", "not of this case", "not compared", "none"
LARGEST = 1 << 30  # bytes of a report
_SECTION = re.compile(rb'<section id="(\w{1,40})"')
_TILE = re.compile(
    rb'<figure><img src="data:image/jpeg;base64,([A-Za-z0-9+/]{4,200000}={0,2})" alt="[^"<>]{0,200}"><figcaption>'
    rb"(?:[^<]|<(?!code>|/figcaption>)){0,2000}<code>([0-9a-f]{16})"
)


@dataclass(frozen=True, slots=True)
class Belonging:
    """How a report stands to its case: MINE, FORGED (in which parts), UNKNOWN (why), NONE."""

    status: str
    parts: tuple[str, ...] = ()  # names of sections; "head" before the first one, or the file with all frames
    why: Exception | None = None  # of UNKNOWN; whoever shows it has its words
    after_seal: bool = False  # written after the seal, so that a signature over it does not reach the report
    unseen: bool = False  # what its thumbnails show was not compared: the case has no images

    def document(self) -> dict[str, Any]:
        """The same as JSON, why in English."""
        reason = "" if self.why is None else str(self.why)
        return {
            "status": self.status,
            "parts": self.parts,
            "reason": reason,
            "after_seal": self.after_seal,
            "unseen": self.unseen,
        }


def belonging(case: Case) -> Belonging:
    """Hold the report in a case against what the case gives."""
    path = case.folder / REPORT
    if not path.is_file():
        return Belonging(NONE)
    later = REPORT in case.seal.changed_later
    unseen = not (case.folder / "private" / "objects").is_dir()
    try:
        there = read_given(path, LARGEST)
        html, frames = _rendered(case, _thumbnails(there) if unseen else None)
    except (NetauditError, OSError, ValueError, LookupError, TypeError) as error:
        return Belonging(UNKNOWN, why=error, after_seal=later)
    parts = _differing(there, html)
    beside = case.folder / FRAMES
    if not beside.is_file() or beside.read_bytes() != frames:
        parts.append(FRAMES)
    return Belonging(FORGED if parts else MINE, tuple(parts), after_seal=later, unseen=unseen and b"<img " in html)


def _rendered(case: Case, pictures: Pictures | None) -> tuple[bytes, bytes]:
    """The report as the chain says that it was written. Raises CaseError where it does not say that."""
    may_be_shown(case)
    line: dict[str, Any] = written(case.folder)
    version = str(line.get("netaudit") or case.manifest.get("netaudit_version"))
    if version != __version__:
        raise CaseError("written by netaudit {}; this is {}", version, __version__)
    if problems := broken(case.folder):
        raise CaseError("its chain of custody does not hold: {}", ReasonedError(problems[0]))
    lang, made, lines = line.get("lang"), line.get("made"), line.get("after")
    if lang not in ("zh", "en") or not isinstance(made, str) or not isinstance(lines, int):
        raise CaseError("its chain of custody does not say when it was written")
    html, frames = rendered(
        case, lang, Moment(made, lines, str(line.get("code") or "")),
        unmask=bool(line.get("unmasked")), zone=line.get("zone"), recipient=str(line.get("for") or ""),
        pictures=pictures,
    )  # fmt: skip
    return (with_news(html, lang) if marked(case.folder) else html), frames


def _thumbnails(html: bytes) -> Pictures:
    """The thumbnails of a report by the images that it shows them for."""
    found = {digest.decode(): base64.b64decode(data) for data, digest in _TILE.findall(html)}
    return lambda sha256: found.get(sha256[:16])


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

"""The options of an audit, and the progress that it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.pipeline.project_key import fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.evidence.case.moments import Notes
    from netaudit.findings.summary import Summary
    from netaudit.images.judge_pool import Judges
    from netaudit.pipeline.keys import KeyRequest


Progress = Callable[[str, int, int], None]  # stage ("compile", "read", "images", "write"), done, total (0 when unknown)


@dataclass(frozen=True, slots=True)
class Options:
    """How to audit. `since`/`until` are UTC nanoseconds, half-open."""

    site: str | None = None
    zone: str | None = None  # of the site, by name: reports and tables of text show times in it
    inside: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    faces: bool = True
    count_faces: bool = False  # of every image with a face, not only whether there is one
    workers: int = 1  # 0: as many as pay
    lang: str = "en"
    overwrite: bool = False
    keep_all: bool = False  # store the bytes of every object, not of images only
    sm3: bool = False
    signatures: Path | None = None  # a folder added to netaudit's own
    project_key: bytes | None = None  # of keyed hashes (`project_key.py`); None: a random one for each case
    keys: KeyRequest | None = None  # keys that may open what is encrypted
    moments: Notes | None = None  # noted by the auditor, stored with the case
    moment_window_s: float | None = None  # seconds after a moment; None: `moments.WINDOW_S`, or as before
    settings: dict[str, Any] | None = None  # the file of settings that took part, with its hash
    judges: Judges | None = None  # of images with faces, started before
    so_far: Callable[[Standing], None] | None = None  # told what can be said, before all is read and judged
    command: tuple[str, ...] = field(default=())


def result_options(options: Options) -> dict[str, Any]:
    """The options that change the result (not how fast it comes)."""
    return {
        "site": options.site.encode("utf-8", "replace").decode() if options.site else options.site,
        "inside": list(options.inside),
        "since": options.since,
        "until": options.until,
        "faces": options.faces,
        "count_faces": options.count_faces,
        "keep_all": options.keep_all,
        "moment_window_s": window_s(options),
        "project_key": fingerprint(options.project_key) if options.project_key else None,
        **({"keys_for": list(options.keys.keys_for)} if options.keys is not None else {}),
        **({"zone": options.zone} if options.zone else {}),
    }


def window_s(options: Options) -> float:
    """How long after a moment what is sent is told with it."""
    from netaudit.findings.moments import WINDOW_S

    return WINDOW_S if options.moment_window_s is None else options.moment_window_s


class Standing(NamedTuple):
    """What is said so far, and on how much."""

    judged: int  # images
    found: int  # images, so far
    faces: int  # of the first images of their ways, those that show a face
    summary: Summary | None  # of what they show; None where no image shows a face

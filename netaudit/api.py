"""Behind the public face: audit captures into a case."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.case.reading import Case, open_case
from netaudit.running.task import Options, Progress, nanoseconds, run

if TYPE_CHECKING:
    import datetime

__all__ = ["audit", "open_case"]


def audit(
    captures: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    case: str | os.PathLike[str],
    *,
    site: str | None = None,
    inside: Iterable[str] = (),
    since: int | datetime.datetime | None = None,
    until: int | datetime.datetime | None = None,
    faces: bool = True,
    count_faces: bool = False,
    workers: int = 1,
    lang: str = "en",
    zone: str | None = None,
    overwrite: bool = False,
    keep_all: bool = False,
    sm3: bool = False,
    project_key: str | os.PathLike[str] | None = None,
    signatures: str | os.PathLike[str] | None = None,
    moments: str | os.PathLike[str] | None = None,
    moment_window_s: float = 180,
    tls_keys: Iterable[str | os.PathLike[str]] = (),
    keys_for: Iterable[str] = (),
    authority: str | None = None,
    progress: Progress | None = None,
) -> Case:
    """Audit captures into a case folder and open it.

    `captures` is a file, a folder, "-" for standard input, or several of them (one audit). Times are datetimes with
    a zone, or UTC nanoseconds. `zone` is that of the site, for the times of the report. `signatures` is a folder of
    your own, added to those of netaudit. `moments` is a file of noted moments (`moment_files.py`); what was sent up
    to `moment_window_s` later is told with each.
    `project_key` is a file that makes keyed hashes comparable between cases.
    `tls_keys` are files of keys (SSLKEYLOGFILE, RSA private key); they, and secrets in the captures, open connections
    that `keys_for` names (host names, addresses, networks, or "all"), by the `authority` that is recorded. Raises
    UsageError for a folder that is no case, SignatureError for signatures that are not sound, UnreadableError when
    nothing could be read.
    """
    from netaudit.case.moment_files import read_moments
    from netaudit.running.keys import request
    from netaudit.running.project_key import read_project_key

    paths = [captures] if isinstance(captures, (str, os.PathLike)) else list(captures)
    options = Options(
        site=site,
        inside=tuple(inside),
        since=nanoseconds(since),
        until=nanoseconds(until),
        faces=faces,
        count_faces=count_faces,
        workers=workers,
        lang=lang,
        zone=zone,
        overwrite=overwrite,
        keep_all=keep_all,
        sm3=sm3,
        project_key=read_project_key(Path(project_key)) if project_key is not None else None,
        signatures=Path(signatures) if signatures is not None else None,
        keys=request([Path(file) for file in tls_keys], tuple(keys_for), authority),
        moments=read_moments(Path(moments)) if moments is not None else None,
        moment_window_s=moment_window_s,
    )
    return run(paths, Path(case), options, progress or (lambda *_: None))

"""Captures into a case, by a call."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.api.case import Case, Place, language, several
from netaudit.core.text.time_zones import nanoseconds
from netaudit.errors import NetauditError, UsageError
from netaudit.evidence.case.writing import beside
from netaudit.pipeline.options import Options, Progress
from netaudit.pipeline.task import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Time = int | str | datetime.datetime
Network = str | ipaddress.IPv4Network | ipaddress.IPv6Network
SPOKEN = re.compile(r"--([a-z][a-z-]*)")  # options, as messages for the command line name them
FLAGS = {"overwrite": "overwrite=True"}


def audit(
    captures: Place | Sequence[Place],
    case: Place | None = None,
    *,
    site: str | None = None,
    inside: Network | Iterable[Network] = (),
    zone: str | None = None,
    since: Time | None = None,
    until: Time | None = None,
    faces: bool = True,
    count_faces: bool = False,
    workers: int = 1,
    lang: str = "en",
    overwrite: bool = False,
    keep_all: bool = False,
    sm3: bool = False,
    project_key: Place | None = None,
    signatures: Place | None = None,
    moments: Place | None = None,
    moment_window_s: float = 180,
    tls_keys: Place | Iterable[Place] = (),
    keys_for: str | Iterable[str] = (),
    authority: str | None = None,
    progress: Progress | None = None,
) -> Case:
    """Audit captures into a case folder and open it.

    `captures` is a file, a folder, "-" for standard input, or several of them (one audit). Without `case` the folder
    lies beside the first capture, `office-case` for `office.pcapng`, and must not be there yet. `inside` is a network
    or several. Times are ISO 8601 texts, datetimes, or UTC nanoseconds; those that do not say their zone are in `zone`,
    the zone of the site by name, in which reports show times too. `signatures` is a folder of your own, added to those
    of netaudit. `moments` is a file of noted moments (`moment_files.py`); what was sent up to `moment_window_s` later
    is told with each. `project_key` is a file that makes keyed hashes comparable between cases. `tls_keys` are files
    of keys (SSLKEYLOGFILE, RSA private key); they, and secrets in the captures, open connections that `keys_for` names
    (host names, addresses, networks, or "all"), by the `authority` that is recorded.

    Raises UsageError for arguments that cannot be meant and a folder that is no case, SignatureError for signatures
    that are not sound, UnreadableError when nothing could be read.

    >>> case = netaudit.audit("office.pcapng", "case", inside="192.168.1.0/24", zone="Asia/Shanghai")
    >>> case.headline()[:60]
    'TRANSFER SEEN: 46 face images · identity data of 3 people · '
    >>> netaudit.audit("office.pcapng", "other", since="yesterday")
    Traceback (most recent call last):
    netaudit.errors.UsageError: since='yesterday': not a time such as 2026-05-01T09:00:00+08:00
    """
    from netaudit.evidence.case.moment_files import read_moments
    from netaudit.pipeline.keys import request
    from netaudit.pipeline.project_key import read_project_key

    with _in_python():
        options = Options(
            site=site,
            zone=zone,
            inside=tuple(_network(one) for one in several(inside)),
            since=_time("since", since, zone),
            until=_time("until", until, zone),
            faces=faces,
            count_faces=count_faces,
            workers=workers,
            lang=language(lang),
            overwrite=overwrite,
            keep_all=keep_all,
            sm3=sm3,
            project_key=read_project_key(Path(project_key)) if project_key is not None else None,
            signatures=Path(signatures) if signatures is not None else None,
            keys=request([Path(file) for file in several(tls_keys)], tuple(several(keys_for)), authority),
            moments=read_moments(Path(moments), zone) if moments is not None else None,
            moment_window_s=moment_window_s,
        )
        given = [str(os.fspath(one)) for one in several(captures)]
        folder = Path(case) if case is not None else beside(given)
        made = run(given, folder, options, progress or (lambda *_: None))
    return Case(made.folder)


def _network(given: Network) -> str:
    """In CIDR notation; a text without a length stays as it is, and may be asked about."""
    try:
        network = str(ipaddress.ip_network(given, strict=False))
    except ValueError as error:
        raise UsageError("inside={}: {}", f"{given!r}", error) from error
    return given if isinstance(given, str) and "/" not in given else network


def _time(name: str, given: Time | None, zone: str | None) -> int | None:
    """UTC nanoseconds of a time as it was given."""
    if isinstance(given, str):
        try:
            given = datetime.datetime.fromisoformat(given)
        except ValueError:
            raise UsageError("{}={}: not a time such as 2026-05-01T09:00:00+08:00", name, f"{given!r}") from None
    if not isinstance(given, datetime.datetime):
        return given
    if given.tzinfo is None and zone is None:
        raise UsageError(
            "{}={}: in which zone? add it (+08:00) or say zone='Asia/Shanghai'", name, f"{given.isoformat()!r}"
        )
    return nanoseconds(given, zone)


@contextlib.contextmanager
def _in_python() -> Iterator[None]:
    """Let errors name arguments as a caller from Python writes them, not as options of a command line."""
    try:
        yield
    except NetauditError as error:
        text = SPOKEN.sub(lambda found: FLAGS.get(found[1], found[1].replace("-", "_") + "="), str(error))
        if text != str(error):
            error.args = (text,)
        raise

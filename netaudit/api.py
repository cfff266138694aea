"""Behind the public face: audit captures into a case, and what people ask of one."""

from __future__ import annotations

import contextlib
import datetime
import functools
import ipaddress
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.case import reading
from netaudit.errors import NetauditError, UsageError
from netaudit.pipeline.task import Options, Progress, run
from netaudit.system.windows_names import real
from netaudit.text.time_zones import nanoseconds

if TYPE_CHECKING:
    import pandas as pd

    from netaudit.case.decisions import Decision

__all__ = ["Case", "Device", "audit", "open_case"]

Place = str | os.PathLike[str]
Time = int | str | datetime.datetime
Network = str | ipaddress.IPv4Network | ipaddress.IPv6Network
SPOKEN = re.compile(r"--([a-z][a-z-]*)")  # options, as messages for the command line name them
FLAGS = {"overwrite": "overwrite=True"}
MOST_FOUND = 200  # rows that a search gives


def audit(
    captures: Place | Sequence[Place],
    case: Place,
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

    `captures` is a file, a folder, "-" for standard input, or several of them (one audit). `inside` is a network or
    several. Times are ISO 8601 texts, datetimes, or UTC nanoseconds; those that do not say their zone are in `zone`,
    the zone of the site by name, in which reports show times too. `signatures` is a folder of your own, added to those
    of netaudit. `moments` is a file of noted moments (`moment_files.py`); what was sent up to `moment_window_s` later
    is told with each. `project_key` is a file that makes keyed hashes comparable between cases. `tls_keys` are files
    of keys (SSLKEYLOGFILE, RSA private key); they, and secrets in the captures, open connections that `keys_for` names
    (host names, addresses, networks, or "all"), by the `authority` that is recorded.

    Raises UsageError for arguments that cannot be meant and a folder that is no case, SignatureError for signatures
    that are not sound, UnreadableError when nothing could be read.

    >>> case = netaudit.audit("office.pcapng", "case", inside="192.168.1.0/24", zone="Asia/Shanghai")
    >>> case.verdict()[:60]
    '46 face images left 2 inside devices for 3 outside endpoints'
    >>> netaudit.audit("office.pcapng", "other", since="yesterday")
    Traceback (most recent call last):
    netaudit.errors.UsageError: since='yesterday': not a time such as 2026-05-01T09:00:00+08:00
    """
    from netaudit.case.moment_files import read_moments
    from netaudit.pipeline.keys import request
    from netaudit.pipeline.project_key import read_project_key

    with _in_python():
        options = Options(
            site=site,
            zone=zone,
            inside=tuple(_network(one) for one in _several(inside)),
            since=_time("since", since, zone),
            until=_time("until", until, zone),
            faces=faces,
            count_faces=count_faces,
            workers=workers,
            lang=_language(lang),
            overwrite=overwrite,
            keep_all=keep_all,
            sm3=sm3,
            project_key=read_project_key(Path(project_key)) if project_key is not None else None,
            signatures=Path(signatures) if signatures is not None else None,
            keys=request([Path(file) for file in _several(tls_keys)], tuple(_several(keys_for)), authority),
            moments=read_moments(Path(moments), zone) if moments is not None else None,
            moment_window_s=moment_window_s,
        )
        made = run(list(_several(captures)), Path(case), options, progress or (lambda *_: None))
    return Case(made.folder)


def open_case(folder: Place, *, check: bool = True) -> Case:
    """Open a case folder, also one that an earlier version or an interrupted audit left.

    What is read of a sealed case is held against its seal, file by file as it is used; `check=False` looks at a case
    that was changed nevertheless. Raises CaseError when the folder is none, was written by a later version, or is not
    as it was sealed.

    >>> netaudit.open_case("case").findings[["certainty", "act", "images"]].head(1)
      certainty               act  images
    0         A  uploaded outside      15
    """
    from netaudit.case.swap import taken_up

    place = Path(folder)
    taken_up(place)
    return Case(place, check=check)


class Case(reading.Case):
    """A case with what people ask of it.

    Tables are attributes (pandas DataFrames; `table(name)` gives Arrow): `case.findings`, `case.images` … The rest of
    a case (`plot`, `finding`, `image`, `packets` …) is `netaudit.case.reading.Case`.
    """

    if TYPE_CHECKING:  # so that editors and type checkers know them; tests hold them against `TABLES`
        captures: pd.DataFrame
        skipped: pd.DataFrame
        flows: pd.DataFrame
        sightings: pd.DataFrame
        messages: pd.DataFrame
        objects: pd.DataFrame
        evidence: pd.DataFrame
        parts: pd.DataFrame
        images: pd.DataFrame
        endpoints: pd.DataFrame
        findings: pd.DataFrame
        observations: pd.DataFrame
        devices: pd.DataFrame
        bindings: pd.DataFrame
        claims: pd.DataFrame
        persons: pd.DataFrame
        tls_hellos: pd.DataFrame
        media: pd.DataFrame
        events: pd.DataFrame
        fields: pd.DataFrame
        journeys: pd.DataFrame
        moments: pd.DataFrame
        after_moments: pd.DataFrame
        encrypted_uploads: pd.DataFrame
        relayed_images: pd.DataFrame
        relay_tests: pd.DataFrame
        upload_counts: pd.DataFrame
        moment_tests: pd.DataFrame
        ledgers: pd.DataFrame

    def device(self, name: str) -> Device:
        """One device, by address, name, id, or the beginning of its id. Raises UsageError for none and for several.

        >>> case.device("192.168.1.64").vendor
        'Hikvision'
        """
        from netaudit.rule_writing.naming import find_device, plain_devices

        return Device(self, find_device(plain_devices(self), str(name))["device_id"])

    def sql(self, question: str, *, rows: int = 1_000_000, seconds: float = 60) -> pd.DataFrame:
        """The answer to one SELECT over the tables of the case, by their names (optional extra `sql`).

        Nothing else can be reached: no files, no network, nothing of private/. Raises UsageError for what is no
        question, took too long or has more than `rows` rows.

        >>> case.sql("SELECT act, sum(images) AS images FROM findings GROUP BY act ORDER BY images DESC LIMIT 1")
                    act  images
        0  moved inside      80
        """
        import pandas as pd

        from netaudit.browse.sql import ask

        answer = ask(self, question, rows=rows, seconds=seconds)
        if answer.more:
            raise UsageError("more than {} rows: say LIMIT, or rows=", f"{rows:,}")
        return pd.DataFrame(answer.rows, columns=answer.names)

    def search(self, text: str, tables: str | Iterable[str] = (), *, most: int = MOST_FOUND) -> pd.DataFrame:
        """Rows with a text in any column, whatever its case: table, row, column, value; at most `most` of them.

        `tables` are the ones to look in; all when not given. What was masked is not found by its clear value.

        >>> case.search("192.168.1.64", "devices")[["table", "column"]]
             table column
        0  devices    ips
        """
        import pandas as pd
        import pyarrow as pa

        from netaudit.browse.paging import Tables
        from netaudit.tables import BY_NAME

        if len(text) < 2:
            raise UsageError("{}: say at least two characters", f"{text!r}")
        if unknown := [name for name in _several(tables) if name not in BY_NAME]:
            raise UsageError("no table {}; there are {}", f"{unknown[0]!r}", ", ".join(BY_NAME))
        pages = Tables(self)
        found: list[tuple[str, int, str, Any]] = []
        for name in list(_several(tables)) or BY_NAME:
            places, _ = pages.search(name, text, 0, most - len(found), float("inf"))
            rows = self.table(name).take(pa.array(places, pa.int64())).to_pylist()
            for place, row in zip(places, rows, strict=True):
                column = next((key for key, value in row.items() if text.casefold() in _said(value)), "")
                found.append((name, place, column, row.get(column)))
            if len(found) >= most:
                break
        return pd.DataFrame(found, columns=["table", "row", "column", "value"])

    def report(
        self, path: Place | None = None, *, lang: str = "en", unmask: bool = False, zone: str | None = None
    ) -> Path:
        """Write the report, into the case when `path` is not given; gives its path. `unmask` is noted in the case.

        Times are in `zone`, else in that of the case.

        >>> case.report("report.zh.html", lang="zh").name
        'report.zh.html'
        """
        from netaudit.report.from_case import write_report
        from netaudit.report.rewriting import rewrite

        if path is None or real(Path(path)) == real(self.folder / "report.html"):
            return rewrite(self, _language(lang), unmask=unmask, zone=zone)
        return write_report(self, Path(path), _language(lang), unmask=unmask, zone=zone)


class Device:
    """A row of `devices` with what belongs to it; columns are attributes (`device.vendor`, `device.ips` …)."""

    def __init__(self, case: Case, device_id: str) -> None:
        devices = case.devices
        self._case = case
        row = devices[devices["device_id"] == device_id].iloc[0]
        self._row: dict[str, Any] = {str(name): value for name, value in row.items()}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_row"][name]
        except KeyError:
            raise AttributeError(f"a device has no {name!r}") from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._row})

    def __repr__(self) -> str:
        row = self._row
        said = ", ".join(str(row[name]) for name in ("class", "vendor", "name") if row[name])
        return f"<Device {row['device_id']}: {said or 'unknown'}>"

    @functools.cached_property
    def addresses(self) -> list[str]:
        """Its IP and link addresses, and its id: what other tables call it."""
        return list(dict.fromkeys([*self._row["ips"], *self._row["macs"], self._row["device_id"]]))

    @property
    def claims(self) -> pd.DataFrame:
        """What signatures and rules say of it, on which facts, and what became of that."""
        return self._where("claims", "device_id")

    @property
    def observations(self) -> pd.DataFrame:
        """What was said of it."""
        return self._where("observations", "ip", "mac")

    @property
    def findings(self) -> pd.DataFrame:
        """Findings in which it sends or receives."""
        return self._where("findings", "sender", "receiver")

    @property
    def flows(self) -> pd.DataFrame:
        """Its conversations."""
        return self._where("flows", "client_ip", "server_ip")

    @property
    def events(self) -> pd.DataFrame:
        """Events that it sends or receives."""
        return self._where("events", "sender", "receiver")

    @property
    def decision(self) -> Decision | None:
        """What an analyst decided about it."""
        return self._case.decided().get(self._row["device_id"])

    def _where(self, table: str, *columns: str) -> pd.DataFrame:
        frame: pd.DataFrame = getattr(self._case, table)
        wanted = frame[columns[0]].isin(self.addresses)
        for column in columns[1:]:
            wanted |= frame[column].isin(self.addresses)
        return frame[wanted].reset_index(drop=True)


def _several(given: Any) -> Iterable[Any]:
    """One, or several of them."""
    if isinstance(given, (str, os.PathLike, ipaddress.IPv4Network, ipaddress.IPv6Network)):
        return [given]
    return list(given)


def _network(given: Network) -> str:
    try:
        return str(ipaddress.ip_network(given, strict=False))
    except ValueError as error:
        raise UsageError("inside={}: {}", f"{given!r}", error) from error


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


def _language(lang: str) -> str:
    if lang not in {"zh", "en"}:
        raise UsageError("lang={}: say zh or en", f"{lang!r}")
    return lang


@contextlib.contextmanager
def _in_python() -> Iterator[None]:
    """Let errors name arguments as a caller from Python writes them, not as options of a command line."""
    try:
        yield
    except NetauditError as error:
        told = SPOKEN.sub(lambda found: FLAGS.get(found[1], found[1].replace("-", "_") + "="), str(error))
        if told != str(error):
            error.args = (told,)
        raise


def _said(value: Any) -> str:
    """A value of a column of text, as it is searched."""
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return "\n".join(str(one) for one in texts).casefold()

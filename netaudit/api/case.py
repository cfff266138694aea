"""A case as people have it in Python."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.api.things import Device, Flow, Message, row_of
from netaudit.core.schema import BY_NAME
from netaudit.core.system.windows_names import real
from netaudit.errors import UnknownNameError, UsageError, nearest
from netaudit.evidence.case import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from netaudit.api.finding import Finding
    from netaudit.api.plots import Plots
    from netaudit.evidence.case.integrity import Integrity

Place = str | os.PathLike[str]
NEAREST = {  # what people ask for by names that nothing has, and what answers it
    "faces": "images[images.face]",
    "people": "persons (a row a field), records() (a row a record)",
    "timeline": "plot.timeline(), messages, events",
    "uploads": "findings[findings.left], encrypted_uploads",
    "hosts": "devices, endpoints",
    "packets_df": "extract(what, path), packets(what)",
}
MOST_FOUND = 200  # rows that a search gives


def open_case(folder: Place, *, check: bool = True) -> Case:
    """Open a case folder, also one that an earlier version or an interrupted audit left.

    What is read of a sealed case is held against its seal, file by file as it is used; `check=False` looks at a case
    that was changed nevertheless. Raises CaseError when the folder is none, was written by a later version, or is not
    as it was sealed.

    >>> netaudit.open_case("case").findings[["certainty", "act", "images"]].head(1)
      certainty               act  images
    0         A  uploaded outside      15
    """
    from netaudit.evidence.case.replacement import taken_up

    place = Path(folder)
    taken_up(place)
    return Case(place, check=check)


class Case(reading.Case):
    """A case with what people ask of it.

    Tables are attributes (pandas DataFrames; `table(name)` gives Arrow): `case.findings`, `case.images` … Tables and
    files themselves (`table`, `image`, `records` …) are read by `netaudit.evidence.case.reading.Case`.
    """

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in NEAREST:
                raise AttributeError(f"a case has no {name!r}; nearest: {NEAREST[name]}")
            return super().__getattr__(name)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """A table by its name, as `case.findings` is. Raises UnknownNameError (a KeyError) that names the nearest."""
        if name not in BY_NAME:
            raise UnknownNameError("no table {}; nearest: {}", repr(name), nearest(name, BY_NAME))
        frame: pd.DataFrame = getattr(self, name)
        return frame

    def __iter__(self) -> Iterator[str]:
        return iter(BY_NAME)

    def __contains__(self, name: object) -> bool:
        return name in BY_NAME

    @property
    def tables(self) -> list[str]:
        """Names of its tables."""
        return list(BY_NAME)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.folder

    @property
    def site(self) -> str:
        """The site as it was named; empty where it was not."""
        return str(self.manifest.get("site") or "")

    @property
    def counts(self) -> pd.Series[Any]:
        """What was read and who was in it, as counts by name."""
        import pandas as pd

        counts = {**self.manifest.get("totals", {}), **self.manifest.get("people", {})}
        return pd.Series({name: count for name, count in counts.items() if isinstance(count, int)}, name="count")

    def flow(self, beginning: str) -> Flow:
        """One flow, by its id or the beginning of it."""
        return Flow(self, row_of(self, "flows", "flow_id", beginning))

    def message(self, beginning: str) -> Message:
        """One message, by its id or the beginning of it."""
        return Message(self, row_of(self, "messages", "message_id", beginning))

    def device(self, name: str) -> Device:
        """One device, by address, name, id, or the beginning of its id. Raises UsageError for none and for several.

        >>> case.device("192.168.1.64").vendor
        'Hikvision'
        """
        from netaudit.evidence.rule_drafting.naming import find_device, plain_devices

        found = find_device(plain_devices(self), str(name))["device_id"]
        return Device(self, row_of(self, "devices", "device_id", found))

    def finding(self, finding_id: str) -> Finding:
        """One finding, by its id or the beginning of it."""
        from netaudit.api.finding import Finding

        return Finding(self, finding_id)

    @property
    def plot(self) -> Plots:
        """Plots of the case: `timeline()`, `matrix()`."""
        from netaudit.api.plots import Plots

        return Plots(self)

    def packets(self, what: str, captures: Sequence[Path] = ()) -> Any:
        """Packets of a finding, object, flow, event or journey as a scapy PacketList (optional extra `scapy`).

        `what` is an id or its beginning; `captures` says where the captures are now, if moved.
        """
        from netaudit.api.finding import by_scapy

        return by_scapy(self, what, captures)

    def dissect(self, what: str, captures: Sequence[Path] = ()) -> list[Any]:
        """The same packets as Wireshark dissects them: pyshark packets (optional extra `wireshark`, needs tshark)."""
        from netaudit.api.finding import by_wireshark

        return by_wireshark(self, what, captures)

    def _repr_html_(self) -> str:
        from netaudit.api.notebook import case_html

        return case_html(self)

    def sql(self, question: str, *, rows: int = 1_000_000, seconds: float = 60) -> pd.DataFrame:
        """The answer to one SELECT over the tables of the case, by their names (optional extra `sql`).

        Nothing else can be reached: no files, no network, nothing of private/. Raises UsageError for what is no
        question, took too long or has more than `rows` rows.

        >>> case.sql("SELECT act, sum(images) AS images FROM findings GROUP BY act ORDER BY images DESC LIMIT 1")
                    act  images
        0  moved inside      80
        """
        from netaudit.api.sql import ask

        return ask(self, question, rows, seconds)

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
        from netaudit.core.schema import BY_NAME

        if len(text) < 2:
            raise UsageError("{}: say at least two characters", f"{text!r}")
        if unknown := [name for name in several(tables) if name not in BY_NAME]:
            raise UsageError("no table {}; there are {}", f"{unknown[0]!r}", ", ".join(BY_NAME))
        pages = Tables(self)
        found: list[tuple[str, int, str, Any]] = []
        for name in list(several(tables)) or BY_NAME:
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
            return rewrite(self, language(lang), unmask=unmask, zone=zone)
        return write_report(self, Path(path), language(lang), unmask=unmask, zone=zone)

    def export(self, path: Place, *, overwrite: bool = False) -> Path:
        """Write what may be passed on, all but private/, to a zip; gives its path."""
        from netaudit.evidence.case.export import export_shareable

        export_shareable(self, Path(path), overwrite=overwrite)
        return Path(path)

    def verify(self) -> Integrity:
        """How the case stands to its seal: `.sound`, and what was changed, added or is gone."""
        from netaudit.evidence.case.integrity import integrity

        return integrity(self.folder)

    def extract(self, what: str, path: Place, captures: Place | Iterable[Place] = ()) -> int:
        """Write the packets of a finding, object, flow, event or journey to a pcapng; gives their number.

        `captures` says where the captures are now, if moved.
        """
        from netaudit.evidence.case.extract import extract

        return extract(self, what, Path(path), [Path(one) for one in several(captures)])

    def to_excel(self, path: Place, *, lang: str = "en") -> Path:
        """Write the tables that people read to a spreadsheet (optional extra `documents`); gives its path."""
        from netaudit.report.exports.record import record_of
        from netaudit.report.exports.sheets import write_xlsx

        write_xlsx(self, record_of(self, language(lang)), Path(path))
        return Path(path)

    def words(self, reasons: str, lang: str = "en") -> str:
        """Reasons as tables hold them, in words: `case.findings.reason.map(case.words)`."""
        from netaudit.report.texts import Texts

        return Texts(language(lang)).phrase(reasons, str)

    def to_csv(self, folder: Place, *, lang: str = "en") -> Path:
        """Write every table to a CSV file of its name in a folder, reasons in words; gives the folder.

        Cells are safe in spreadsheets.
        """
        from netaudit.report.exports.csv_tables import write_csv_files

        return write_csv_files(self, Path(folder), language(lang))


def several(given: Any) -> Iterable[Any]:
    """One, or several of them."""
    if isinstance(given, (str, os.PathLike, ipaddress.IPv4Network, ipaddress.IPv6Network)):
        return [given]
    return list(given)


def language(lang: str) -> str:
    """The same. Raises UsageError for any but zh and en."""
    if lang not in {"zh", "en"}:
        raise UsageError("lang={}: say zh or en", f"{lang!r}")
    return lang


def _said(value: Any) -> str:
    """A value of a column of text, as it is searched."""
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return "\n".join(str(one) for one in texts).casefold()

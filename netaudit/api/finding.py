"""One finding for people: its columns as attributes, its images, its packets.

The packets of a finding in the hands of scapy and of Wireshark.
"""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.errors import UsageError
from netaudit.evidence.case.extract import extract

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from netaudit.evidence.case.reading import Case


class Finding:
    """A row of `findings` with what belongs to it.

    Columns are attributes (`finding.sender`, `finding.act` …). Raises UsageError when no finding, or more than one,
    has an id that begins so.
    """

    def __init__(self, case: Case, identity: str) -> None:
        table = case.table("findings")
        found = table.filter(pc.starts_with(table["finding_id"], identity))
        if found.num_rows != 1:
            many = "more than one finding begins so; give more of it" if found.num_rows else "no finding begins so"
            raise UsageError("{}: {}", identity, many)
        self._case = case
        self._row: dict[str, Any] = found.to_pandas().iloc[0].to_dict()

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_row"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self) -> str:
        return f"<Finding {self.finding_id}: {self.certainty}, {self.sender} {self.act}, to {self.receiver}>"

    @property
    def objects(self) -> pd.DataFrame:
        """Its objects, each with the message that carried it."""
        objects = self._case.table("objects")
        chosen = objects.filter(pc.is_in(objects["object_id"], pa.array(list(self.object_ids), pa.string())))
        found: pd.DataFrame = chosen.to_pandas()
        messages = self._case.table("messages").select(["message_id", "protocol", "method", "host", "path", "first_ts"])
        return found.merge(messages.to_pandas(), on="message_id", how="left").sort_values("first_ts")

    @property
    def images(self) -> pd.DataFrame:
        """The distinct images among them."""
        images = self._case.table("images")
        digests = self.objects["sha256"].unique().tolist()
        chosen: pd.DataFrame = images.filter(pc.is_in(images["sha256"], pa.array(digests, pa.string()))).to_pandas()
        return chosen

    def packets(self) -> Any:
        """Its packets as a scapy PacketList."""
        return by_scapy(self._case, self.finding_id, ())

    def _repr_html_(self) -> str:
        from netaudit.api.notebook import finding_html

        return finding_html(self._case, self._row, self.images["sha256"].tolist())


def by_scapy(case: Case, what: str, captures: Sequence[Path]) -> Any:
    """A scapy `PacketList`; see `Case.packets`."""
    try:
        from scapy.layers import inet, inet6, l2, ppp  # noqa: F401  (scapy dissects what was imported)
        from scapy.utils import rdpcap
    except ImportError as error:
        raise UsageError("packets need scapy: python -m pip install scapy") from error

    with _extracted(case, what, captures) as path:
        return rdpcap(str(path))


def by_wireshark(case: Case, what: str, captures: Sequence[Path]) -> list[Any]:
    """A list of pyshark packets; see `Case.dissect`.

    pyshark runs a loop of its own and would leave a handler of SIGCHLD behind in the main thread, on a loop nobody
    reads; and where a loop runs already, as in a notebook, it cannot start one. A thread of its own knows neither.
    """
    try:
        import pyshark
    except ImportError as error:
        raise UsageError("dissecting needs pyshark: python -m pip install pyshark") from error

    def read(path: Path) -> list[Any]:
        with asyncio.Runner() as runner:
            capture = pyshark.FileCapture(str(path), keep_packets=True, eventloop=runner.get_loop())
            try:
                capture.load_packets()
                return list(capture)
            finally:
                capture.close()

    with _extracted(case, what, captures) as path, ThreadPoolExecutor(1) as thread:
        return thread.submit(read, path).result()


@contextmanager
def _extracted(case: Case, what: str, captures: Sequence[Path]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="netaudit-") as folder:
        path = Path(folder) / "packets.pcapng"
        extract(case, what, path, captures)
        yield path

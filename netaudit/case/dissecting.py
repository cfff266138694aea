"""The packets of a finding in the hands of scapy and of Wireshark."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.case.extract import extract
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netaudit.case.reading import Case


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

"""What an audit lets go is freed at once: the collector of cycles runs seldom, and what waits for it adds up."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netaudit.capture.from_files import open_captures
from netaudit.evidence.case.writing import make_folders
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline.workers import Alone

if TYPE_CHECKING:
    from collections.abc import Iterator

PCAPS = Path(__file__).parents[2] / "pcaps"
CAPTURES = sorted(path for path in PCAPS.rglob("*.pcap*") if path.stat().st_size < 1 << 20)


def _read(capture: Path, folder: Path) -> None:
    make_folders(folder)
    crew, decoder = Alone(folder, keep_all=False), Decoder()
    for window in open_captures([capture]).windows():
        crew.feed(decoder.feed(window))
    crew.finish()


@pytest.fixture(scope="module", autouse=True)
def what_was_before() -> Iterator[None]:
    """Looked at once: the suite's own heap takes a second to walk."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _left_in_cycles(capture: Path, folder: Path) -> Counter[str]:
    """Objects of our own types that only the collector would have freed, by type."""
    gc.collect()
    gc.disable()
    try:
        _read(capture, folder)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        kinds = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    return Counter({name: count for name, count in kinds.items() if name.startswith("netaudit.")})


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.relative_to(PCAPS).as_posix())
def test_reading_leaves_no_cycles(capture: Path, tmp_path: Path) -> None:
    """Readers whose sides know them, trees whose nodes know their parents: cut when they are done."""
    assert not _left_in_cycles(capture, tmp_path / "case")

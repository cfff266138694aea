"""Checkpoints of an audit: what lets `audit --resume` go on after Ctrl-C or a kill as if nothing had happened.

CASE/private/resume/asked.json      what was asked for, from the first moment on
CASE/private/resume/audit.state     how far reading had got: decoder, facts of control packets, lengths of all streams
CASE/private/resume/shard-K.G.state the same of worker K, generation G; audit.state, written last, says which counts
CASE/private/resume/answers.state   what the image helper had said when an audit was stopped
CASE/private/resume/streams-G/      rows up to that point, kept when the tables are made, which takes the streams away

A checkpoint is taken between two windows, where every process has done all that it was given. It costs next to nothing
where an audit is short: the first comes after EVERY_S seconds, and the next ones so that they take a hundredth of the
time. The captures are read and hashed again up to there, so that nobody can put others in their place; only what is
costly, putting in order, unwrapping and judging, is not done again.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow.compute as pc

from netaudit.pipeline.packet_counts import Account
from netaudit.pipeline.state import Unbelievable, load_state, save_state
from netaudit.storage.files import NEW, write_whole
from netaudit.storage.table_streams import STREAM_PLACES, read_streams

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.capture.from_files import Captures
    from netaudit.observations.ledger import Ledger
    from netaudit.packets.from_capture import Decoder
    from netaudit.pipeline.workers import Crew

PLACE = "private/resume"
ASKED = "asked.json"
STATE = "audit.state"
ANSWERS = "answers.state"
EVERY_S = 30.0
SHARE = 100  # the time between two checkpoints is at least so many times what one takes
_OBJECT = re.compile(r"([0-9a-f]{64})\.\w{1,16}")


def forget(place: Path) -> None:
    """The audit came to its end: nothing is left to go on with."""
    shutil.rmtree(place / PLACE, ignore_errors=True)


@dataclass(slots=True)
class Reached:
    """How far an audit had got; what `audit.state` holds."""

    generation: int
    workers: int
    windows: int
    read: list[tuple[str, int, str]]  # per capture: path, bytes read, SHA-256 of these
    streams: dict[str, int]  # of the case folder: bytes
    account: Account
    decoder: Decoder
    watched: Ledger


@dataclass(slots=True)
class Keeper:
    """Takes the checkpoints of one audit in the case at `place`."""

    place: Path
    workers: int
    possible: bool = True  # a pipe cannot be read again, and ciphers cannot be kept
    generation: int = 0
    windows: int = 0  # taken by all
    kept: bool = False  # whether there is one
    account: Account = field(default_factory=Account)
    _next: float = field(default_factory=lambda: time.monotonic() + EVERY_S)

    @property
    def folder(self) -> Path:
        """Where checkpoints lie."""
        return self.place / PLACE

    def asked(self, facts: dict[str, Any]) -> None:
        """Write down what was asked for, so that a killed audit can be begun anew at least."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(self.folder / ASKED, orjson.dumps(facts, option=orjson.OPT_SORT_KEYS))

    def taken(self, crew: Crew, decoder: Decoder, captures: Captures) -> None:
        """A window was taken; when it is time, all of it is kept."""
        self.windows += 1
        if self.possible and time.monotonic() >= self._next:
            began = time.monotonic()
            self.save(crew, decoder, captures)
            ended = time.monotonic()
            self._next = ended + max(EVERY_S, SHARE * (ended - began))

    def save(self, crew: Crew, decoder: Decoder, captures: Captures) -> None:
        """Take a checkpoint now; where it is not possible the one before stays."""
        if not self.possible:
            return
        number = self.generation + 1
        watched = crew.save(self.folder, number)
        if watched is None:
            return
        streams = {path.relative_to(self.place).as_posix(): path.stat().st_size for path in _streams(self.place)}
        read = captures.read_so_far()
        reached = Reached(number, self.workers, self.windows, read, streams, self.account, decoder, watched)
        if save_state(self.folder / STATE, reached, {}):
            self.generation, self.kept = number, True
            self._drop_older()

    def preserve(self) -> None:
        """Keep the rows of the checkpoint from what comes now: the tables are made, and the streams go.

        The folder gets its name when it has all of them; until then they are still where they were.
        """
        if not self.kept:
            return
        to = self.folder / f"streams-{self.generation}"
        begun = self.folder / f"streams-{self.generation}{NEW}"
        shutil.rmtree(begun, ignore_errors=True)
        for path in _streams(self.place):
            copy = begun / path.relative_to(self.place)
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _linked(path, copy)
        if begun.is_dir():
            shutil.rmtree(to, ignore_errors=True)
            begun.rename(to)

    def _drop_older(self) -> None:
        for path in self.folder.iterdir():
            if path.name.startswith("streams-"):
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith("shard-") and f".{self.generation}." not in path.name:
                path.unlink(missing_ok=True)


def keep_answers(place: Path, answers: pa.Table) -> None:
    """Keep what the image helper said, for an audit that goes on."""
    if (place / PLACE).is_dir():
        save_state(place / PLACE / ANSWERS, answers, {})


def kept_answers(place: Path) -> pa.Table | None:
    """What was kept of it; None where nothing was, or that is not believable: then it is judged anew."""
    try:
        return load_state(place / PLACE / ANSWERS, {})
    except Unbelievable:
        return None


def shard_state(folder: Path, number: int, generation: int) -> Path:
    """Where worker `number` keeps its state."""
    return folder / f"shard-{number}.{generation}.state"


def asked_of(place: Path) -> dict[str, Any] | None:
    """What was asked of an audit that has not come to its end; None where nothing says so."""
    try:
        asked = orjson.loads((place / PLACE / ASKED).read_bytes())
    except (OSError, ValueError):
        return None
    return asked if isinstance(asked, dict) else None


def reached_by(place: Path) -> Reached:
    """The checkpoint of a case. Raises Unbelievable where there is none that can be used."""
    reached = load_state(place / PLACE / STATE, {})
    assert isinstance(reached, Reached)
    return reached


def restore(place: Path, reached: Reached) -> None:
    """Put streams and objects back to where the checkpoint was taken. Raises Unbelievable where something is gone."""
    kept = place / PLACE / f"streams-{reached.generation}"
    source = kept if kept.is_dir() else place
    for name, size in reached.streams.items():
        if not (source / name).is_file() or (source / name).stat().st_size < size:
            raise Unbelievable("gone", name)
    for path in _streams(place):
        if source is kept or path.relative_to(place).as_posix() not in reached.streams:
            path.unlink()
    for name, size in reached.streams.items():
        if source is kept:
            _linked(kept / name, place / name)
        os.truncate(place / name, size)
    _restore_objects(place)


def _restore_objects(place: Path) -> None:
    """Take away objects of which no row speaks yet: they will be found again, and are told by whoever stores them."""
    rows = read_streams(place, "objects")
    stored = rows.filter(rows["stored"])
    spoken_of, there = set(pc.unique(stored["sha256"]).to_pylist()), set()
    for path in (place / "private" / "objects").rglob("*"):
        if found := _OBJECT.fullmatch(path.name):
            there.add(found[1])
            if found[1] not in spoken_of:
                path.unlink()
    if gone := spoken_of - there:
        raise Unbelievable("gone", min(gone))


def _streams(place: Path) -> list[Path]:
    return [path for folder in STREAM_PLACES for path in sorted((place / folder).glob("*.arrows"))]


def _linked(path: Path, to: Path) -> None:
    """The same file under a second name, or a copy where the disk knows no such thing."""
    to.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        os.link(path, to)
        return
    shutil.copyfile(path, to)

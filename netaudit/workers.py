"""Who carries the packets on: this process, or a crew of workers that share the logical shards."""

from __future__ import annotations

import contextlib
import multiprocessing
from dataclasses import dataclass
from multiprocessing import shared_memory
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from netaudit.moments import stored
from netaudit.observations.from_packets import observe_packets
from netaudit.observations.ledger import Ledger
from netaudit.packets.layouts import PACKET

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    import numpy.typing as npt

    from netaudit.packets.from_capture import Decoded
    from netaudit.pipeline import Witness

SLOTS = 3  # windows under way at once


class Crew(Protocol):
    """Takes decoded windows to their end."""

    def feed(self, decoded: Decoded) -> None:
        """Take one window."""
        ...

    def finish(self) -> list[str]:
        """End all flows and write everything; gives failures of readers in words."""
        ...

    def abandon(self) -> None:
        """Stop at once, after an error."""
        ...


def make_crew(folder: Path, workers: int, *, keep_all: bool, signatures: Path | None = None) -> Crew:
    """One worker works in this process, more get processes of their own. `signatures` is a folder added to ours.

    Where moments are stored in the case already, what was sent when is kept by the second.
    """
    seconds = bool(stored(folder))
    if workers <= 1:
        return Alone(folder, keep_all=keep_all, seconds=seconds, signatures=signatures)
    return Team(folder, workers, keep_all=keep_all, seconds=seconds, signatures=signatures)


class Watch:
    """Observes control packets in the parent, once, whatever the number of workers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ledger = Ledger()

    def feed(self, decoded: Decoded) -> None:
        """Take one window."""
        observe_packets(decoded.buffer, decoded.packets, self.ledger)

    def finish(self) -> None:
        """Write all facts."""
        from netaudit.case_writer import TableWriter
        from netaudit.tables import OBSERVATIONS

        writer = TableWriter(self._folder, OBSERVATIONS, "packets")
        self.ledger.write(writer)
        writer.close()


class Alone:
    """All shards in this process."""

    def __init__(
        self,
        folder: Path,
        *,
        keep_all: bool,
        seconds: bool = False,
        witness: Witness | None = None,
        signatures: Path | None = None,
    ) -> None:
        from netaudit.pipeline import Keep, Shard

        self.shard = Shard(folder, "0", Keep(everything=keep_all, seconds=seconds), witness, signatures)
        self.watch = Watch(folder)

    def feed(self, decoded: Decoded) -> None:
        """Take one window."""
        self.watch.feed(decoded)
        self.shard.feed(decoded.buffer, decoded.packets)

    def finish(self) -> list[str]:
        """End all flows and write everything."""
        self.watch.finish()
        return self.shard.finish()

    def abandon(self) -> None:
        """Nothing runs beside this process."""


@dataclass(slots=True)
class _Member:
    process: Any
    pipe: Connection
    waiting: int = 0  # windows sent and not yet answered


class Team:
    """Workers with shards of their own: worker k has the logical shards s with s % workers == k.

    A window's bytes and rows are copied once into shared memory; each worker reads what is its own. Results do not
    depend on the number of workers, since budgets and evictions are per logical shard.
    """

    def __init__(
        self, folder: Path, workers: int, *, keep_all: bool, seconds: bool = False, signatures: Path | None = None
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._watch = Watch(folder)
        self._slots: list[shared_memory.SharedMemory | None] = [None] * SLOTS
        self._next = 0
        self._members = []
        for number in range(workers):
            ours, theirs = context.Pipe()
            told = (theirs, folder, number, workers, keep_all, seconds, signatures)
            process = context.Process(target=work, args=told, daemon=True)
            process.start()
            theirs.close()
            self._members.append(_Member(process, ours))

    def feed(self, decoded: Decoded) -> None:
        """Copy one window into a free slot and tell the workers."""
        self._watch.feed(decoded)
        for member in self._members:
            while member.waiting >= SLOTS:
                self._answer(member)
        size, rows = decoded.buffer.size, decoded.packets.size
        start = (size + 63) & ~63
        slot = self._slot(start + rows * PACKET.itemsize)
        view = np.frombuffer(_bytes_of(slot), np.uint8)
        view[:size] = decoded.buffer
        np.frombuffer(_bytes_of(slot), PACKET, rows, start)[:] = decoded.packets
        del view
        for member in self._members:
            self._send(member, ("window", slot.name, size, start, rows))
            member.waiting += 1

    def _slot(self, size: int) -> shared_memory.SharedMemory:
        place, self._next = self._next, (self._next + 1) % SLOTS
        slot = self._slots[place]
        if slot is None or slot.size < size:
            if slot is not None:
                slot.close()
                slot.unlink()
            slot = self._slots[place] = shared_memory.SharedMemory(create=True, size=size + size // 4)
        return slot

    def _send(self, member: _Member, message: tuple[Any, ...]) -> None:
        try:
            member.pipe.send(message)
        except (BrokenPipeError, OSError) as error:
            raise RuntimeError("a worker process ended unexpectedly") from error

    def _answer(self, member: _Member) -> Any:
        try:
            kind, value = member.pipe.recv()
        except (EOFError, OSError) as error:
            raise RuntimeError("a worker process ended unexpectedly") from error
        member.waiting -= 1
        if kind == "error":
            raise value
        return value

    def finish(self) -> list[str]:
        """End all flows everywhere and join the workers."""
        self._watch.finish()
        failures: list[str] = []
        for member in self._members:
            self._send(member, ("finish",))
            member.waiting += 1
        for member in self._members:
            value = None
            while member.waiting:
                value = self._answer(member)
            failures += value or []
            member.process.join()
        self._free()
        return sorted(failures)

    def abandon(self) -> None:
        """Kill the workers."""
        for member in self._members:
            member.process.terminate()
            member.process.join()
        self._free()

    def _free(self) -> None:
        for slot in self._slots:
            if slot is not None:
                slot.close()
                with contextlib.suppress(FileNotFoundError):
                    slot.unlink()
        self._slots = [None] * SLOTS


def work(
    pipe: Connection,
    folder: Path,
    number: int,
    workers: int,
    keep_all: bool,  # noqa: FBT001
    seconds: bool,  # noqa: FBT001
    signatures: Path | None,
) -> None:
    """Life of a worker process."""
    import signal

    from netaudit.collector import calm
    from netaudit.lean import load_lean, own_process

    own_process()
    load_lean()
    from netaudit.pipeline import Keep, Shard

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    attached: dict[str, shared_memory.SharedMemory] = {}
    try:
        shard = Shard(folder, str(number), Keep(everything=keep_all, seconds=seconds), signatures=signatures)
        with calm():
            while True:
                message = pipe.recv()
                if message[0] == "finish":
                    pipe.send(("done", shard.finish()))
                    return
                _, name, size, start, rows = message
                if name not in attached:
                    attached[name] = _attach(name)
                memory = _bytes_of(attached[name])
                _feed(
                    shard,
                    np.frombuffer(memory, np.uint8, size),
                    np.frombuffer(memory, PACKET, rows, start),
                    number,
                    workers,
                )
                pipe.send(("done", None))
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001  (whatever it is, the parent must hear of it)
        with contextlib.suppress(OSError):
            pipe.send(("error", error))


def _bytes_of(memory: shared_memory.SharedMemory) -> memoryview:
    assert memory.buf is not None  # only after close()
    return memory.buf


def _attach(name: str) -> shared_memory.SharedMemory:
    import sys

    if sys.version_info >= (3, 13):
        return shared_memory.SharedMemory(name, track=False)
    return shared_memory.SharedMemory(name)


def _feed(shard: Any, buffer: npt.NDArray[np.uint8], packets: npt.NDArray[np.void], number: int, workers: int) -> None:
    buffer.flags.writeable = False
    own = packets[packets["shard"] % workers == number]
    own.flags.writeable = False
    shard.feed(buffer, own)

"""Who carries the packets on: this process, or a crew of workers that share the logical shards."""

from __future__ import annotations

import contextlib
import sys
import threading
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from netaudit.core.storage.structured import put
from netaudit.devices.observations.from_packets import observe_packets
from netaudit.devices.observations.ledger import Ledger
from netaudit.evidence.case.moments import stored
from netaudit.images.processes import processors
from netaudit.packets.layouts import PACKET
from netaudit.pipeline.startup import is_own_process
from netaudit.pipeline.worker import bytes_of, work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing import shared_memory
    from multiprocessing.connection import Connection
    from pathlib import Path

    from netaudit.images.judging_ahead import Beside
    from netaudit.packets.from_capture import Decoded
    from netaudit.pipeline.witness import Witness
    from netaudit.protocols.decryption.audit_keys import Given

LEAST_SLOTS, MOST_SLOTS = 2, 3  # windows under way at once: two workers keep in step, and one takes up to 40 MB
WORTH = 200_000_000  # bytes of captures from which on a second worker gives more than its start costs
MOST_UNASKED = 3  # workers where nobody says how many: each holds some 60 MB


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


def make_crew(
    folder: Path,
    workers: int,
    *,
    keep_all: bool,
    signatures: Path | None = None,
    members: list[Member] | None = None,
    given: Given | None = None,
    beside: Beside | None = None,
) -> Crew:
    """One worker works in this process, more get processes of their own. `signatures` is a folder added to ours.

    `members` were hired before. Where moments are stored in the case already, what was sent when is kept by the second.
    `beside` judges images meanwhile.
    """
    seconds = bool(stored(folder))
    make = partial(Team, members or hire(workers)) if workers > 1 else Alone
    return make(folder, keep_all=keep_all, seconds=seconds, signatures=signatures, given=given, beside=beside)


@contextlib.contextmanager
def abandoned_on_error(crew: Crew) -> Iterator[None]:
    """Let no process and no shared memory outlive what goes wrong, be it while reading or at the end."""
    try:
        yield
    except BaseException:
        crew.abandon()
        raise


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
        from netaudit.core.schema import OBSERVATIONS
        from netaudit.core.storage.table_streams import TableWriter

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
        given: Given | None = None,
        beside: Beside | None = None,
    ) -> None:
        from netaudit.pipeline.finds import Telling
        from netaudit.pipeline.stages import Shard
        from netaudit.pipeline.storing import Keep

        keep = Keep(everything=keep_all, seconds=seconds)
        self.shard = Shard(folder, "0", keep, witness, signatures, given=given)
        self._beside = beside
        if beside is not None:
            self.shard.telling = Telling(lambda fresh: beside.submit((fresh,)))
        self.watch = Watch(folder)

    def feed(self, decoded: Decoded) -> None:
        """Take one window."""
        self.watch.feed(decoded)
        self.shard.feed(decoded.buffer, decoded.packets)
        if self._beside is not None:
            self._beside.submit(())

    def finish(self) -> list[str]:
        """End all flows and write everything."""
        self.watch.finish()
        return self.shard.finish()

    def abandon(self) -> None:
        """Nothing runs beside this process."""


@dataclass(slots=True)
class Member:
    """A worker process, and what it was given to do."""

    process: Any
    pipe: Connection
    waiting: int = 0  # windows sent and not yet answered


def as_many_as_pay(size: int, *, faces: bool) -> int:
    """Workers for so many bytes of captures, where nobody says how many: judging faces keeps a processor of its own."""
    return max(1, min(processors() - faces, MOST_UNASKED)) if size >= WORTH else 1


def hire(workers: int) -> list[Member]:
    """Start processes that get ready while the parent still looks at its inputs; none for one worker."""
    members: list[Member] = []
    if workers > 1:
        import multiprocessing

        how = way_to_start()
        context: Any = multiprocessing.get_context(how)
        for _ in range(workers):
            ours, theirs = context.Pipe()
            inherited = [*(member.pipe for member in members), ours] if how == "fork" else []
            process = context.Process(target=work, args=(theirs, inherited), daemon=True)
            process.start()
            theirs.close()
            members.append(Member(process, ours))
    return members


def way_to_start() -> str:
    """How worker processes begin: a process of our own with no other thread of Python is forked, else they are spawned.

    A copy of this process has all modules at hand, which to load takes half a second of each worker's processor time.
    Who audits from Python may have threads, whose locks a copy would find held for ever; macOS and Windows spawn. The
    threads of libraries (numpy's OpenBLAS, Arrow's allocator) are prepared for a fork by these libraries.
    """
    if sys.platform != "linux" or not is_own_process() or threading.active_count() > 1:
        return "spawn"
    from multiprocessing import resource_tracker

    import_module("netaudit.pipeline.stages")  # what a worker needs
    resource_tracker.ensure_running()  # one for all: each would take shared memory away when it ends
    return "fork"


def dismiss(members: list[Member]) -> None:
    """End those that still run; what they were doing is lost."""
    for member in members:
        member.process.terminate()
        member.process.join()
        member.pipe.close()


class Team:
    """Workers with shards of their own: worker k has the logical shards s with s % workers == k.

    A window's bytes and rows are copied once into shared memory; each worker reads what is its own. Results do not
    depend on the number of workers, since budgets and evictions are per logical shard.
    """

    def __init__(
        self,
        members: list[Member],
        folder: Path,
        *,
        keep_all: bool,
        seconds: bool,
        signatures: Path | None,
        given: Given | None = None,
        beside: Beside | None = None,
    ) -> None:
        self._beside = beside
        self._watch = Watch(folder)
        count = max(LEAST_SLOTS, min(MOST_SLOTS, len(members)))
        self._slots: list[shared_memory.SharedMemory | None] = [None] * count
        self._next = 0
        self._members = members
        for number, member in enumerate(members):
            self._send(member, ("begin", number, len(members), (folder, keep_all, seconds, signatures, given)))

    def feed(self, decoded: Decoded) -> None:
        """Copy one window into a free slot and tell the workers."""
        self._watch.feed(decoded)
        for member in self._members:
            while member.waiting >= len(self._slots):
                self._answer(member)
        size, rows = decoded.buffer.size, decoded.packets.size
        start = (size + 63) & ~63
        slot = self._slot(start + rows * PACKET.itemsize)
        view = np.frombuffer(bytes_of(slot), np.uint8)
        view[:size] = decoded.buffer
        put(decoded.packets, np.frombuffer(bytes_of(slot), PACKET, rows, start))
        del view
        for member in self._members:
            self._send(member, ("window", slot.name, size, start, rows))
            member.waiting += 1

    def _slot(self, size: int) -> shared_memory.SharedMemory:
        place, self._next = self._next, (self._next + 1) % len(self._slots)
        slot = self._slots[place]
        if slot is None or slot.size < size:
            if slot is not None:
                slot.close()
                slot.unlink()
            from multiprocessing import shared_memory

            slot = self._slots[place] = shared_memory.SharedMemory(create=True, size=size + size // 4)
        return slot

    def _send(self, member: Member, message: tuple[Any, ...]) -> None:
        try:
            member.pipe.send(message)
        except OSError as error:
            while member.pipe.poll():  # it may have said why: a full disk, say
                self._answer(member)
            raise RuntimeError("a worker process ended unexpectedly") from error

    def _answer(self, member: Member) -> Any:
        try:
            kind, value = member.pipe.recv()
            if kind == "images":
                if self._beside is not None:
                    self._beside.submit(value)
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
            while member.waiting:
                failures += self._answer(member) or ()
            member.process.join()
        self._free()
        return sorted(failures)

    def abandon(self) -> None:
        """Kill the workers."""
        dismiss(self._members)
        self._free()

    def _free(self) -> None:
        for slot in self._slots:
            if slot is not None:
                slot.close()
                with contextlib.suppress(FileNotFoundError):
                    slot.unlink()
        self._slots = [None] * len(self._slots)

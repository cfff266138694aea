"""Life of a worker process: it gets ready, waits for its task, and takes its own shards of every window."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing import shared_memory
    from multiprocessing.connection import Connection

    import numpy as np
    import numpy.typing as npt

    from netaudit.images.judging_ahead import Fresh
    from netaudit.pipeline.stages import Shard


def work(pipe: Connection, inherited: Sequence[Connection] = ()) -> None:
    """Take messages until the parent says "finish", or is gone.

    `inherited` are the parent's ends of pipes, which a forked process has too: while one is open, nobody learns that
    the parent is gone.

    ("begin", number, workers, (folder, keep_all, seconds, signatures, given)); ("window",
    name of the shared memory, size of the buffer, start and number of the rows in it), each answered when it is done;
    ("finish",) is answered with failures. Before an answer the parent may be told of images that are new to the case.
    """
    from netaudit.core.system import signals
    from netaudit.pipeline.startup import load_arrow, own_process

    signals.ignore()  # the parent decides when to stop
    for end in inherited:
        end.close()
    own_process()
    load_arrow()
    from netaudit.pipeline.finds import Telling
    from netaudit.pipeline.stages import Shard
    from netaudit.pipeline.startup import calm
    from netaudit.pipeline.storing import Keep

    try:
        _, number, workers, (folder, keep_all, seconds, signatures, given) = pipe.recv()
        keep = Keep(everything=keep_all, seconds=seconds)
        shard = Shard(folder, str(number), keep, signatures=signatures, given=given)
        fresh: list[Fresh] = []
        shard.telling = Telling(fresh.append)
        with calm():
            _feed_windows(pipe, shard, fresh, number, workers)
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001  (whatever it is, the parent must hear of it)
        with contextlib.suppress(OSError):
            pipe.send(("error", error))


def _feed_windows(pipe: Connection, shard: Shard, fresh: list[Fresh], number: int, workers: int) -> None:
    attached: dict[str, shared_memory.SharedMemory] = {}
    while True:
        message = pipe.recv()
        if message[0] == "finish":
            failures = shard.finish()
            pipe.send(("images", fresh))
            pipe.send(("done", failures))
            return
        _, name, size, start, rows = message
        if name not in attached:
            attached[name] = _attach(name)
        _feed(shard, bytes_of(attached[name]), (size, start, rows), number, workers)
        pipe.send(("images", fresh))
        fresh.clear()
        pipe.send(("done", None))


def bytes_of(memory: shared_memory.SharedMemory) -> memoryview:
    """The bytes of shared memory that is open."""
    assert memory.buf is not None  # only after close()
    return memory.buf


def _attach(name: str) -> shared_memory.SharedMemory:
    import sys
    from multiprocessing import shared_memory

    if sys.version_info >= (3, 13):
        return shared_memory.SharedMemory(name, track=False)
    return shared_memory.SharedMemory(name)


def _feed(shard: Any, memory: memoryview, place: tuple[int, int, int], number: int, workers: int) -> None:
    import numpy as np

    from netaudit.packets.layouts import PACKET

    size, start, rows = place
    buffer = np.frombuffer(memory, np.uint8, size)
    packets = np.frombuffer(memory, PACKET, rows, start)
    buffer.flags.writeable = False
    shard.feed(buffer, own_rows(packets, number, workers))


def own_rows(packets: npt.NDArray[np.void], number: int, of: int) -> npt.NDArray[np.void]:
    """Those PACKET rows, read-only, whose logical shard belongs to one of so many."""
    import numpy as np

    from netaudit.core.storage.structured import picked

    own = picked(packets, np.flatnonzero(packets["shard"] % of == number))
    own.flags.writeable = False
    return own

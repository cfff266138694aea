"""Helper processes for native decoders, which may crash or hang on hostile bytes: how they are started and asked."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
from typing import IO

from netaudit.core.system.reasons import why
from netaudit.images.cpu_limit import LOOKS, Limits, Watch

LENGTH = struct.Struct(">I")  # of an answer, before it


class NotStartedError(OSError):
    """The system does not let the helper be started."""


class Asked:
    """A helper that answers one question after the other; it starts with the first. One thread at a time may ask."""

    def __init__(self, command: list[str], limits: Limits, most: int, loading: float = 0.0) -> None:
        self._command = command
        self._limits = limits  # of one answer
        self._loading = loading  # seconds that the first one may take longer
        self._most = most  # bytes of one
        self._process: subprocess.Popen[bytes] | None = None
        self._loads = False

    def adopt(self, process: subprocess.Popen[bytes]) -> None:
        """Ask this helper, which runs; it ends as one does that was started here."""
        self.close()
        self._process = process

    def _running(self) -> subprocess.Popen[bytes]:
        """The helper, which starts where it does not run."""
        if self._process is None:
            try:
                self._process, self._loads = start(self._command), True
            except OSError as error:
                raise NotStartedError(why(error)) from error
        return self._process

    def ask(self, question: bytes) -> bytes:
        """The answer. Raises NotStartedError, and OSError where the helper died or did not end in time."""
        process = self._running()
        more = self._loading if self._loads else 0.0
        limits = Limits(self._limits.work + more, self._limits.wait + more)
        answered = threading.Event()
        threading.Thread(target=_guard, args=(process, limits, answered), daemon=True).start()
        try:
            answer = self._answer(process, question)
        except OSError:
            self.close()
            raise
        finally:
            answered.set()
        self._loads = False
        return answer

    def _answer(self, process: subprocess.Popen[bytes], question: bytes) -> bytes:
        if process.stdin is None or process.stdout is None:
            raise OSError("the helper has no pipes")
        write_whole(process.stdin, question)
        (size,) = LENGTH.unpack(_exactly(process.stdout, LENGTH.size))
        if size > self._most:
            raise OSError("the helper answers nonsense")
        return _exactly(process.stdout, size)

    def close(self) -> None:
        """End the helper; another question starts it anew."""
        process, self._process = self._process, None
        if process is not None:
            end(process)


def write_whole(pipe: IO[bytes], data: bytes) -> None:
    """Write all of it to a pipe without a buffer, which may take a part at a time; OSError where nobody reads it."""
    rest = memoryview(data)
    while rest:
        rest = rest[pipe.write(rest) :]


def _guard(process: subprocess.Popen[bytes], limits: Limits, answered: threading.Event) -> None:
    """End a process that does not answer in time (a thread of its own)."""
    watch, worked, waited = Watch(process.pid), 0.0, 0.0
    while not answered.wait(LOOKS):
        work, wait = watch.lap()
        worked, waited = worked + (wait if work is None else work), waited + wait
        if worked > limits.work or waited > limits.wait:
            process.kill()
            return


def answers() -> IO[bytes]:
    """A helper's standard output for answers alone: what native libraries print there goes to standard error."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process that is talked to through pipes, unbuffered; its errors go nowhere. OSError where it cannot."""
    flags = 0x0800_0000 | 0x0200 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW, CREATE_NEW_PROCESS_GROUP
    return subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        creationflags=flags,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that is talked to through pipes, and close them."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = pipe.read(size - len(data))
        if not piece:
            raise OSError("the helper has ended")
        data += piece
    return bytes(data)

"""Helper processes for native decoders, which may crash or hang on hostile bytes: how they are started and asked."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
from typing import IO

LENGTH = struct.Struct(">I")  # of an answer, before it


class NotStartedError(OSError):
    """The system does not let the helper be started."""


class Asked:
    """A helper that answers one question after the other; it starts with the first. One thread at a time may ask."""

    def __init__(self, command: list[str], time_limit: float, most: int, loading: float = 0.0) -> None:
        self._command = command
        self._time_limit = time_limit  # seconds of wall time for one answer
        self._loading = loading  # the same, which the first one may take longer
        self._most = most  # bytes of one
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, question: bytes) -> bytes:
        """The answer. Raises NotStartedError, and OSError where the helper died or did not end in time."""
        limit = self._time_limit
        if self._process is None:
            limit += self._loading
            try:
                self._process = start(self._command)
            except OSError as error:
                raise NotStartedError(error.strerror or str(error)) from error
        watch = threading.Timer(limit, self._process.kill)
        watch.daemon = True
        watch.start()
        try:
            return self._answer(self._process, question)
        except OSError:
            self.close()
            raise
        finally:
            watch.cancel()

    def _answer(self, process: subprocess.Popen[bytes], question: bytes) -> bytes:
        if process.stdin is None or process.stdout is None:
            raise OSError("the helper has no pipes")
        rest = memoryview(question)
        while rest:
            rest = rest[process.stdin.write(rest) :]
        (size,) = LENGTH.unpack(_exactly(process.stdout, LENGTH.size))
        if size > self._most:
            raise OSError("the helper answers nonsense")
        return _exactly(process.stdout, size)

    def close(self) -> None:
        """End the helper; another question starts it anew."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()


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

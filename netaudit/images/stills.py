"""Has key frames decoded by a helper process, which may crash or hang on hostile bytes: then one still is lost only."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from dataclasses import dataclass
from typing import IO

from netaudit.ground.programs import helper
from netaudit.images.processes import start
from netaudit.images.still_helper import LENGTH

TIME_LIMIT = 20.0  # seconds of wall time for one key frame
MOST_STILL = 64 << 20  # bytes of a JPEG that is taken back
MOST_DEATHS = 4  # helpers that may die of one logical shard before no more of its key frames are decoded


@dataclass(slots=True)
class Patience:
    """How often decoders died of the bytes of one logical shard; what else the same worker has must not count."""

    deaths: int = 0


class Stills:
    """Decodes one key frame after the other; the helper starts with the first one. Not shared between threads."""

    def __init__(self, time_limit: float = TIME_LIMIT, command: list[str] | None = None) -> None:
        self._time_limit = time_limit
        self._command = command or helper("netaudit.images.still_helper")
        self._helper: subprocess.Popen[bytes] | None = None

    def decode(self, data: bytes, codec: str, patience: Patience) -> tuple[bytes, str]:
        """A JPEG, or nothing and why."""
        if patience.deaths >= MOST_DEATHS:
            return b"", "too many key frames crash the decoder"
        if self._helper is None:
            try:
                self._helper = start(self._command)
            except OSError as error:
                return b"", f"the decoder cannot be started: {error.strerror or error}"
        process = self._helper
        watch = threading.Timer(self._time_limit, process.kill)
        watch.daemon = True
        watch.start()
        try:
            return _asked(process, data, codec)
        except OSError:
            patience.deaths += 1
            self.close()
            return b"", "the decoder crashed, or did not end in time"
        finally:
            watch.cancel()

    def close(self) -> None:
        """End the helper."""
        process, self._helper = self._helper, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()


def _asked(helper: subprocess.Popen[bytes], data: bytes, codec: str) -> tuple[bytes, str]:
    if helper.stdin is None or helper.stdout is None:
        raise OSError("the helper has no pipes")
    rest = memoryview(codec.encode("ascii") + b"\n" + LENGTH.pack(len(data)) + data)
    while rest:
        rest = rest[helper.stdin.write(rest) :]
    (size,) = LENGTH.unpack(_exactly(helper.stdout, LENGTH.size))
    if size > MOST_STILL:
        raise OSError("the helper answers nonsense")
    return _exactly(helper.stdout, size), ""


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = pipe.read(size - len(data))
        if not piece:
            raise OSError("the helper has ended")
        data += piece
    return bytes(data)

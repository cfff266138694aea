"""Has key frames decoded by a helper process, which may crash or hang on hostile bytes: then one still is lost only."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from typing import IO

from netaudit.objects.judge import import_path
from netaudit.objects.still_helper import LENGTH

TIME_LIMIT = 20.0  # seconds of wall time for one key frame
MOST_STILL = 64 << 20  # bytes of a JPEG that is taken back
MOST_DEATHS = 8  # helpers that may die before no more key frames are decoded

_BOOT = "import sys; sys.path[:] = {path!r}; from netaudit.objects.still_helper import main; main()"


class Stills:
    """Decodes one key frame after the other; the helper starts with the first one. Not shared between threads."""

    def __init__(self, time_limit: float = TIME_LIMIT, boot: str = _BOOT) -> None:
        self._time_limit = time_limit
        self._boot = boot
        self._helper: subprocess.Popen[bytes] | None = None
        self._deaths = 0

    def decode(self, data: bytes, codec: str) -> tuple[bytes, str]:
        """A JPEG, or nothing and why."""
        if self._deaths >= MOST_DEATHS:
            return b"", "too many key frames crash the decoder"
        helper = self._helper
        if helper is None:
            helper = self._helper = self._start()
        watch = threading.Timer(self._time_limit, helper.kill)
        watch.daemon = True
        watch.start()
        try:
            return _asked(helper, data, codec)
        except OSError:
            self._deaths += 1
            self.close()
            return b"", "the decoder crashed, or did not end in time"
        finally:
            watch.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        flags = 0x0800_0000 | 0x0200 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW, CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-P", "-c", self._boot.format(path=import_path())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def close(self) -> None:
        """End the helper."""
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.kill()
            helper.wait()
            for pipe in (helper.stdin, helper.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()


def _asked(helper: subprocess.Popen[bytes], data: bytes, codec: str) -> tuple[bytes, str]:
    if helper.stdin is None or helper.stdout is None:
        raise OSError("the helper has no pipes")
    helper.stdin.write(codec.encode("ascii") + b"\n" + LENGTH.pack(len(data)) + data)
    helper.stdin.flush()
    (size,) = LENGTH.unpack(_exactly(helper.stdout, LENGTH.size))
    if size > MOST_STILL:
        raise OSError("the helper answers nonsense")
    return _exactly(helper.stdout, size), ""


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) != size:
        raise OSError("the helper has ended")
    return data

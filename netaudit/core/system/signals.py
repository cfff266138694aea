"""The signals by which people stop a program: Ctrl-C, on Windows also Ctrl-Break and a window that is closed.

Windows gives a program whose window is closed, or whose user logs off, some seconds and then ends it, however it stands
(HandlerRoutine, learn.microsoft.com): it is told to stop, and kept from returning, which would end it at once.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PRESSED = [getattr(signal, name) for name in ("SIGINT", "SIGBREAK") if hasattr(signal, name)]


def ignore() -> None:
    """Leave it to the process that started this one."""
    for number in PRESSED:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def heard(numbers: list[Any], act: Callable[[int, Any], None]) -> Iterator[None]:
    """Have signals, and on Windows the closing of the window, do something as long as this lasts. Main thread only."""
    before = {number: signal.signal(number, act) for number in numbers}
    try:
        with _closing(act):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _closing(act: Callable[[int, Any], None]) -> Iterator[None]:
    if sys.platform == "win32":
        from netaudit.core.system.windows_processes import on_closing

        def interrupt() -> None:
            with contextlib.suppress(KeyboardInterrupt):  # the second time, for which a window gives no time
                act(0, None)

        with on_closing(interrupt):
            yield
    else:
        yield

"""Helpers that make pictures to be shown, kept by the tests from one audit to the next.

An audit ends its own: what somebody sent may have got at a decoder, and no other case's pictures are to be shown to it.
In tests all captures are ours, and to start a helper takes as long as the rest of a small audit. Those that answered
whatever they were asked are handed on. Tests of the helpers themselves override the fixture `kept_helpers`.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections import defaultdict
from typing import TYPE_CHECKING
from unittest import mock

from netaudit.images import previews, processes
from netaudit.images.processes import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Helper = subprocess.Popen  # of bytes
MOST = 4  # that wait

_waiting: defaultdict[tuple[str, ...], list[Helper]] = defaultdict(list)
_busy: set[int] = set()  # helpers that owe an answer: by their process
_over = threading.Event()  # what is let go of from now on ends


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Hand helpers on meanwhile."""
    start, answer, close = processes.start, Asked._answer, Asked.close

    def start_or_take(command: list[str]) -> Helper:
        while waiting := _waiting[tuple(command)]:
            helper = waiting.pop()
            if helper.poll() is None:
                return helper
            _end(helper)
        return start(command)

    def answer_and_note(asked: Asked, helper: Helper, question: bytes) -> bytes:
        _busy.add(helper.pid)
        said = answer(asked, helper, question)
        _busy.discard(helper.pid)
        return said

    def hand_on(helpers: Sequence[Asked]) -> None:
        for one in helpers:
            helper = one._process
            full = sum(map(len, _waiting.values())) >= MOST
            if helper is None or full or _over.is_set() or helper.pid in _busy or helper.poll() is not None:
                close(one)
            else:
                one._process = None
                _waiting[tuple(one._command)].append(helper)

    with (
        mock.patch.object(processes, "start", start_or_take),
        mock.patch.object(Asked, "_answer", answer_and_note),
        mock.patch.object(previews, "_close", hand_on),
    ):
        yield


def end() -> None:
    """End those that wait, and whatever is let go of as the interpreter ends."""
    _over.set()
    for helper in (one for waiting in _waiting.values() for one in waiting):
        helper.kill()
        _end(helper)
    _waiting.clear()


def _end(helper: Helper) -> None:
    helper.wait()
    for pipe in (helper.stdin, helper.stdout):
        if pipe is not None:
            pipe.close()

"""News as JSON lines on standard output, and marks as lines on standard input: a live run that a script can drive.

    out  {"news":"upload","ts":…,"sender_ip":"192.168.1.64",…}     one object a line, `docs/live-lines.schema.json`
    in   mark test person passes the door camera                   marks a moment, now
         stop                                                      stops as Ctrl-C does

Lines are written by a thread of their own, so that a slow reader never holds up the recording: what does not fit into
the queue is dropped, the oldest first, and counted in a note. A reader that goes away ends the lines, not the run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import re
import signal
import sys
import threading
import time
import types
import typing
from collections import deque
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.masking.mask import visible
from netaudit.core.system.signals import PRESSED, heard
from netaudit.pipeline.live import news as kinds
from netaudit.pipeline.live.news import Mark, Note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BytesIO, RawIOBase

    from netaudit.pipeline.live.news import News

MOST_WAITING = 10_000  # lines not yet written
MOST_MARKS = 1000  # marks not yet taken
LONGEST = 4096  # characters of a line of input
MOST_TEXT = 1000  # characters of a text in a line
PATIENCE = 5.0  # seconds that `close` waits for the reader of the lines

NAMES: dict[type, str] = {
    kinds.Rate: "rate",
    kinds.DeviceNews: "device",
    kinds.UploadNews: "upload",
    kinds.EndpointNews: "endpoint",
    kinds.AlertNews: "alert",
    kinds.CountNews: "count",
    kinds.MomentNews: "moment",
    kinds.Note: "note",
}


class Lines:
    """Shows news as JSON lines on `out`, takes marks from the lines of `inward` (None: nobody marks)."""

    def __init__(self, out: RawIOBase | BytesIO, inward: RawIOBase | BytesIO | None = None) -> None:
        self._out = out
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._marks: queue.SimpleQueue[Mark] = queue.SimpleQueue()
        self._stopping, self._closed, self._something = threading.Event(), threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._dropped = 0
        self._writer = threading.Thread(target=self._write, name="lines-out", daemon=True)
        self._writer.start()
        if inward is not None:
            threading.Thread(target=self._read, args=(inward,), name="lines-in", daemon=True).start()

    def show(self, news: News) -> None:
        """Put a line into the queue."""
        line = line_of(news)
        with self._lock:
            self._dropped += len(self._waiting) == self._waiting.maxlen
            self._waiting.append(line)
        self._something.set()

    def moments(self) -> list[Mark]:
        """Marks read since last asked."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._marks.get_nowait())
        return found

    def stopping(self) -> bool:
        """Whether a signal or the word came."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Ask the engine to end."""
        self._stopping.set()

    def close(self) -> None:
        """Write what is waiting, as long as its reader takes it."""
        self._closed.set()
        self._something.set()
        self._writer.join(PATIENCE)

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Let Ctrl-C, SIGTERM and a terminal that goes away stop cleanly, and the second of them at once."""

        def asked(_number: int, _frame: types.FrameType | None) -> None:
            if self._stopping.is_set():
                raise KeyboardInterrupt
            self._stopping.set()

        wanted = [*PRESSED, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup has it
            wanted.append(signal.SIGHUP)
        with heard(wanted, asked):
            yield

    def _write(self) -> None:
        try:
            while not self._closed.is_set() or self._waiting:
                self._something.wait()
                self._something.clear()
                while self._waiting:
                    with self._lock:
                        line = self._waiting.popleft()
                        dropped, self._dropped = self._dropped, 0
                    if dropped:
                        self._put(line_of(Note("warning", "lines_dropped", {"lines": dropped})))
                    self._put(line)
        except (OSError, ValueError):  # the reader has gone, or the stream was closed: recording matters more
            with self._lock:
                self._waiting = deque(maxlen=0)

    def _put(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[self._out.write(rest) or 0 :]

    def _read(self, inward: RawIOBase | BytesIO) -> None:
        """Take lines until the end of the input; the end of the input is no wish to stop."""
        with contextlib.suppress(OSError, ValueError):
            while line := inward.readline(LONGEST):
                word, _, text = line.decode("utf-8", "replace").strip().partition(" ")
                if word.lower() == "mark" and self._marks.qsize() < MOST_MARKS:
                    self._marks.put(Mark(time.time_ns(), text.strip(), "stdin"))
                elif word.lower() == "stop":
                    self._stopping.set()


def standard_lines() -> Lines:
    """Lines on standard output; marks from standard input unless that is a terminal or closed.

    Both unbuffered: a thread that waits in a buffered stream holds its lock, and the interpreter could not end.
    """
    inward = None
    if sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty():
        inward = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115  (it stays open)
    sys.stdout.flush()
    return Lines(open(sys.stdout.fileno(), "wb", buffering=0, closefd=False), inward)


def line_of(news: News) -> bytes:
    """One line, with its end; texts cut and made visible."""
    return orjson.dumps({"news": NAMES[type(news)]} | _plain(dataclasses.asdict(news))) + b"\n"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _value(value) for key, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value, MOST_TEXT)
    if isinstance(value, dict):
        return _plain({visible(str(key), 100): one for key, one in value.items()})
    return value


def schema() -> dict[str, Any]:
    """JSON Schema of a line, made from the declarations of the news."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of netaudit live --headless",
        "description": "One JSON object a line. Times ts and seen_ts are ns since 1970 UTC, sizes are bytes.",
        "oneOf": [_schema_of(kind, name) for kind, name in NAMES.items()],
    }


def _schema_of(kind: type, name: str) -> dict[str, Any]:
    hints = typing.get_type_hints(kind, vars(kinds) | {"Mapping": typing.Mapping})
    fields = {field.name: _type_of(hints[field.name]) for field in dataclasses.fields(kind)}
    return {
        "title": name,
        "description": re.sub(r"\s+", " ", kind.__doc__ or "").strip(),
        "type": "object",
        "properties": {"news": {"const": name}} | fields,
        "required": ["news", *fields],
        "additionalProperties": False,
    }


def _type_of(hint: Any) -> dict[str, Any]:
    plain = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null"}
    if hint in plain:
        return {"type": plain[hint]}
    if typing.get_origin(hint) is typing.Literal:
        return {"enum": list(typing.get_args(hint))}
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _type_of(typing.get_args(hint)[0])}
    if typing.get_origin(hint) is types.UnionType:
        return {"type": [plain[one] for one in typing.get_args(hint)]}
    return {"type": "object", "additionalProperties": {"type": ["integer", "number", "string"]}}


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(schema(), option=orjson.OPT_INDENT_2).decode() + "\n")

"""Whoever asks what a document says, its bytes are parsed once: counted over the project's own captures."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import orjson
import pytest

import netaudit
from netaudit.pipeline import stages
from netaudit.pipeline.message_stages import MessageStages

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.pipeline.read_message import ReadMessage


PCAPS = Path(__file__).parents[1] / "pcaps"
LONG = 64  # bytes, as in `json_text.py`: the same document is parsed with its long strings and without them
JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.){%d,}"|"\\u0000\d+"' % LONG)
XML_TEXT = re.compile(rb"~na\d+~\d+;|[^<>\"'&]{%d,}" % LONG)


def essence(text: bytes | str) -> bytes:
    """A document without its long strings, which parsers may get or not."""
    raw = (text.encode("utf-8", "replace") if isinstance(text, str) else bytes(text)).strip(b"\0 \r\n\t")
    return XML_TEXT.sub(b"*", raw) if raw[:1] == b"<" else JSON_STRING.sub(b"*", raw)


class Parsed:
    """Documents as they are parsed, by the message they were in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times: Counter[tuple[bytes, bytes]] = Counter()
        self._before: list[bytes] = []  # parsed by readers, of a message that is not there yet
        monkeypatch.setattr(orjson, "loads", self._noting(orjson.loads))
        monkeypatch.setattr(json, "loads", self._noting(json.loads))
        monkeypatch.setattr(expat, "ParserCreate", lambda *given: Noting(expat_create(*given), self._before))
        monkeypatch.setattr(stages, "MOST_WAITING", 1)  # what readers parsed is of the messages that are taken next
        for name in ("take", "_take_content"):
            monkeypatch.setattr(MessageStages, name, self._of_message(getattr(MessageStages, name)))

    def _noting(self, parse: Callable[..., Any]) -> Callable[..., Any]:
        def noted(text: bytes | str, **given: Any) -> Any:
            if (said := essence(text))[:1] in (b"{", b"["):
                self._before.append(said)
            return parse(text, **given)

        return noted

    def _of_message(self, step: Callable[..., None]) -> Callable[..., None]:
        def stepped(taker: MessageStages, batch: list[ReadMessage], *given: Any) -> None:
            for one in batch:
                message = one.message
                body = essence(message.body)
                own = [text for text in self._before if text == body]
                others = [text for text in self._before if text != body]
                self._before[:] = []
                step(taker, [one], *given)
                self.times.update((message.message_id, text) for text in own + self._before)
                self._before[:] = others

        return stepped


class Noting:
    """A parser of XML that tells what it is given."""

    def __init__(self, parser: Any, told: list[bytes]) -> None:
        object.__setattr__(self, "parser", parser)
        object.__setattr__(self, "told", told)
        object.__setattr__(self, "begun", False)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.parser, name, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parser, name)

    def Parse(self, text: bytes, final: bool = False) -> Any:
        if not self.begun:
            self.told.append(essence(text))
        object.__setattr__(self, "begun", True)
        return self.parser.Parse(text, final)


expat_create = expat.ParserCreate


@pytest.mark.parametrize(("folder", "least"), [("documents", 100), ("frames", 10)])
def test_documents_are_parsed_once(folder: str, least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captures = sorted((PCAPS / folder).glob("*.pcapng"))
    parsed = Parsed(monkeypatch)
    for number, capture in enumerate(captures):
        netaudit.audit([capture], tmp_path / str(number), faces=False, workers=1)
    assert len(parsed.times) >= least
    assert {text for (_, text), times in parsed.times.items() if times > 1} == set()

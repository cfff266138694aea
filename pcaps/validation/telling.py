"""What is known of exchanges, lookups and hellos once they were put into a scene."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pcaps.validation.scene import Scene, Sent, carriers

if TYPE_CHECKING:
    from pcaps.validation.answers import Made, Way
    from pcaps.validation.hellos import Hello
    from pcaps.validation.web import Content, Exchange

Span = tuple[bool, int, int]  # whether from the client, begin, end in that direction


def exchanges(scene: Scene, way: Way, spans: Sequence[tuple[Exchange, Span, Span]], *, closed: bool = True) -> None:
    """Answers about the exchanges of a connection; `closed` where its end is in the file."""

    def tell(made: Made, order: list[Sent]) -> None:
        pictures, sound = [], True
        for one, asked, answered in spans:
            whole = [carriers(order, way, span)[2] for span in (asked, answered)]
            sound = sound and all(whole)  # behind a loss nothing says which answer belongs to which request
            about = (way, one.target)
            if whole[0]:
                made.know("A20", "exchange", about, {"method": one.method, "host": one.host})
                if one.asked_type:
                    made.know("A22", "exchange", about, {"asked_type": one.asked_type})
            if sound:
                made.know("A21", "exchange", about, {"status": one.status})
                if one.answered_type and one.status != 204:
                    made.know("A22", "exchange", about, {"answered_type": one.answered_type})
            for content in one.contents:
                span = asked if content.up else answered
                _content(made, order, way, (content, span), closed=closed or not one.to_close)
                if content.picture:
                    pictures.append(content.sha256)
        made.know("A29", "pictures", (way,), {"among": sorted(pictures)})

    scene.later.append(tell)


def _content(made: Made, order: list[Sent], way: Way, of: tuple[Content, Span], *, closed: bool) -> None:
    content, (up, begin, end) = of
    place = (up, begin + content.begin, begin + content.end)
    first, last, there = carriers(order, way, place)
    about = (way, content.sha256)
    if not there or not closed:
        made.know("A28", "content", about, {"not_whole": True})
        return
    made.know("A23", "content", about, {"whole": True, "up": up})
    made.know("A24", "content", about, {"size": len(content.data)})
    low, high, _ = carriers(order, way, (up, begin, end)) if content.around else (first, last, True)
    made.know("A25", "content", about, {"holds": [first, last], "inside": [low, high]})
    if content.picture:
        kind, width, height = content.picture
        made.know("A26", "content", about, {"form": kind})
        made.know("A27", "content", about, {"pixels": [width, height]})


def joined(scene: Scene, way: Way, of: tuple[bytes, tuple[str, int, int]], *, up: bool, lost: bool) -> None:
    """A picture whose parts were sent in exchanges of their own; one of which bytes are lost is not whole."""
    data, (kind, width, height) = of
    about = (way, hashlib.sha256(data).hexdigest())

    def tell(made: Made, _order: list[Sent]) -> None:
        if lost:
            made.know("A28", "content", about, {"not_whole": True})
            return
        made.know("A23", "content", about, {"whole": True, "up": up})
        made.know("A24", "content", about, {"size": len(data)})
        made.know("A26", "content", about, {"form": kind})
        made.know("A27", "content", about, {"pixels": [width, height]})

    scene.later.append(tell)


def lookup(scene: Scene, way: Way, asked: tuple[str, str, list[str]]) -> None:
    """What a lookup asked and what it was answered."""
    name, kind, addresses = asked

    def tell(made: Made, _order: list[Sent]) -> None:
        made.know("A30", "name", (way, name), {"form": kind})
        made.know("A31", "name", (way, name), {"addresses": addresses})

    scene.later.append(tell)


def hello(scene: Scene, way: Way, client_hello: Hello, span: Span, chosen: tuple[str, str, str] | None) -> None:
    """What a client said, in which packets, and what the server chose."""

    def tell(made: Made, order: list[Sent]) -> None:
        _, last, whole = carriers(order, way, span)
        if not whole:
            return
        made.know("A40", "hello", (way,), {"name": client_hello.name})
        made.know("A41", "hello", (way,), {"alpn": list(client_hello.alpn)})
        made.know("A42", "hello", (way,), {"version": client_hello.version})
        made.know("A43", "hello", (way,), {"ja3": client_hello.ja3})
        made.know("A44", "hello", (way,), {"ja4": client_hello.ja4})
        made.know("A45", "hello", (way,), {"frame": last})
        made.know("A46", "hello", (way,), {"random": client_hello.random})
        if chosen:
            version, suite, alpn = chosen
            made.know("A47", "chosen", (way,), {"version": version, "suite": suite, "alpn": alpn})

    scene.later.append(tell)

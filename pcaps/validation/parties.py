"""Conversations put together: connections with exchanges, lookups, hellos, in a scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pcaps.validation import hellos, names, telling
from pcaps.validation.scene import START
from pcaps.validation.talk import MSS, Disorder, Talk, datagrams, losing
from pcaps.validation.web import picture

if TYPE_CHECKING:
    from pcaps.validation.parts import Dialect
    from pcaps.validation.scene import Scene
    from pcaps.validation.web import Exchange

HOUR, SLOT = 3_600_000_000_000, 5_000_000_000


class Stage:
    """Gives each conversation of a scene its time, its hosts and ports."""

    def __init__(self, scene: Scene, *, six: bool = False) -> None:
        self.scene, self.six, self.count = scene, six, 0

    def ends(self, port: int) -> tuple[str, int, str, int, int]:
        """Client and its port, server and its port, time."""
        number = self.count
        self.count += 1
        client = self.scene.client(number % 7, six=self.six)
        server = self.scene.server(number % 11, six=self.six)
        own = 40_000 + number
        return client, own, server, port, START + self.scene.number * HOUR + number * SLOT // 8

    def talk(
        self, port: int = 80, *, mss: int = MSS, opening: bool = True, numbers: tuple[int, int] | None = None
    ) -> Talk:
        """A connection of its own, opened."""
        client, own, server, port, ts = self.ends(port)
        draw = self.scene.draw
        chosen = numbers or (draw.below(1 << 31), draw.below(1 << 31))
        return Talk(self.scene, client, own, server, port, ts, mss, opening, chosen).open()


def browse(
    stage: Stage, exchanges: Sequence[Exchange], disorder: Disorder | None = None, *, end: str = "fin",
    pipelined: bool = False, talk: Talk | None = None, sizes: Sequence[int] = (),
) -> Talk:  # fmt: skip
    """Exchanges over one connection, one after the other or all requests first."""
    talk = talk or stage.talk()
    spans = []
    if pipelined:
        asked = [talk.say(True, one.request) for one in exchanges]
        spans = [(one, span, talk.say(False, one.answer)) for one, span in zip(exchanges, asked, strict=True)]
    else:
        for one in exchanges:
            span = talk.say(True, one.request, sizes=sizes)
            spans.append((one, span, talk.say(False, one.answer, sizes=sizes)))
    talk.close(end, first_up=not any(one.to_close for one in exchanges))
    talk.ship(disorder)
    telling.exchanges(stage.scene, talk.way, spans, closed=end == "fin")
    return talk


def look_up(stage: Stage, *, over_tcp: bool = False) -> None:
    """One name looked up."""
    name, kind, addresses, asked, response = names.lookup(stage.scene.draw, stage.count)
    if over_tcp:
        talk = stage.talk(53)
        for up, data in ((True, asked), (False, response)):
            talk.say(up, len(data).to_bytes(2, "big") + data)
        talk.close()
        talk.ship()
        way = talk.way
    else:
        client, own, server, port, ts = stage.ends(53)
        way = datagrams(stage.scene, (client, own, server, port), ts, [(True, asked), (False, response)])
    telling.lookup(stage.scene, way, (name, kind, addresses))


def greet(stage: Stage, disorder: Disorder | None = None, *, port: int = 443, cut: int = 0, mss: int = MSS) -> None:
    """A TLS connection: hellos, then what cannot be read. `cut`: records of that size around the client's hello."""
    scene, draw = stage.scene, stage.scene.draw
    client_hello = hellos.client_hello(draw)
    talk = stage.talk(port, mss=mss)
    coded = hellos.records(22, client_hello.message, cut) if cut else hellos.record(22, client_hello.message)
    span = talk.say(True, coded)
    answer, version, suite, alpn = hellos.server_hello(draw, client_hello)
    talk.say(False, hellos.record(22, answer) + hellos.record(20, b"\x01") + hellos.record(23, draw.octets(600)))
    talk.say(True, hellos.record(20, b"\x01") + hellos.record(23, draw.octets(draw.between(50, 1500))))
    talk.say(False, hellos.record(23, draw.octets(draw.between(50, 3000))))
    talk.close()
    talk.ship(disorder)
    telling.hello(scene, talk.way, client_hello, span, (version, suite, alpn))


def send_in_parts(stage: Stage, dialect: Dialect, *, up: bool, lost: bool = False) -> None:
    """A picture in parts, over one connection; `lost`: the middle of one exchange is not in the file."""
    draw = stage.scene.draw
    _, data, shape = picture(draw, "jpeg")
    size = -(-len(data) // draw.between(3, 5))
    exchanges = dialect(draw, data, [data[at : at + size] for at in range(0, len(data), size)])
    talk = stage.talk(mss=talk_mss(size))
    for one in exchanges:
        talk.say(True, one.request)
        talk.say(False, one.answer)
    talk.close()
    talk.ship(losing(1) if lost else None)
    telling.joined(stage.scene, talk.way, (data, shape), up=up, lost=lost)


def talk_mss(size: int) -> int:
    """Segments that are shorter than a part."""
    return max(60, size // 2)

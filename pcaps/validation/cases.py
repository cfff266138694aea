"""The cases of the pack: containers, links, disorder, loss, contents, names, hellos, damage."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from pcaps.validation import containers, frames, links, parts, talk, tunnels, web
from pcaps.validation.answers import Made
from pcaps.validation.containers import ETHERNET, pcap, pcapng
from pcaps.validation.parties import Stage, browse, greet, look_up, send_in_parts
from pcaps.validation.scene import Carry, Scene, Write

MAKERS = web.MAKERS[:-1]  # without those that end the connection


def plain(number: int, name: str, write: Write | None = None, **more: object) -> Scene:
    """A scene whose file is a pcap unless said."""
    link = more.get("link", ETHERNET)
    return Scene(name, number, write or functools.partial(pcap, link=link), **more)  # type: ignore[arg-type]


CONTAINERS: dict[str, Callable[[], tuple[Write, int]]] = {
    "little.pcap": lambda: (functools.partial(pcap, link=1), 1000),
    "big.pcap": lambda: (functools.partial(pcap, link=1, order=">"), 1000),
    "little-nano.pcap": lambda: (functools.partial(pcap, link=1, nano=True), 1),
    "big-nano.pcap": lambda: (functools.partial(pcap, link=1, order=">", nano=True), 1),
    "little.pcapng": lambda: (functools.partial(pcapng, link=1), 1000),
    "big.pcapng": lambda: (functools.partial(pcapng, link=1, order=">"), 1000),
    "nano.pcapng": lambda: (functools.partial(pcapng, link=1, resolution=9), 1),
    "halves.pcapng": lambda: (functools.partial(pcapng, link=1, resolution=0x80 | 9), 1_953_125),
    "milli.pcapng": lambda: (functools.partial(pcapng, link=1, resolution=3), 1_000_000),
    "offset.pcapng": lambda: (functools.partial(pcapng, link=1, offset=1_700_000_000), 1000),
    "sections.pcapng": lambda: (functools.partial(pcapng, link=1, sections=4), 1000),
    "strange.pcapng": lambda: (functools.partial(pcapng, link=1, strange=True, interfaces=3), 1000),
    "squeezed.pcap.gz": lambda: (lambda packets: containers.gzipped(pcap(packets, 1)), 1000),
    "squeezed.pcapng.gz": lambda: (lambda packets: containers.gzipped(pcapng(packets, 1)), 1000),
}


def in_containers(first: int) -> Iterator[Scene]:
    """The same kinds of conversations in every kind of file."""
    for number, (name, made) in enumerate(CONTAINERS.items(), first):
        write, grain = made()
        scene = plain(number, name, write, grain=grain)
        stage = Stage(scene)
        for maker in (MAKERS[number % len(MAKERS)], web.download, web.form):
            browse(stage, [maker(scene.draw)])
        look_up(stage)
        greet(stage)
        yield scene


def _mpls(scene: Scene, source: bytes, target: bytes, packet: bytes) -> bytes:
    del scene
    return frames.ethernet(source, target, 0x8847, frames.mpls(packet, 16, 17))


def _pppoe(scene: Scene, source: bytes, target: bytes, packet: bytes) -> bytes:
    return frames.ethernet(source, target, 0x8864, frames.pppoe(packet, scene.number))


def _carriers(number: int) -> dict[str, Carry]:
    outer = (f"172.16.{number % 200}.1", f"172.16.{number % 200}.2")

    def within(wrap: Callable[[str, str, bytes], bytes]) -> Carry:
        return lambda source, target, protocol, segment: [wrap(*outer, frames.ip(source, target, protocol, segment))]

    def vxlan(source: str, target: str, protocol: int, segment: bytes) -> list[bytes]:
        inner = containers.on_ethernet(
            b"\x02\0\0\0\0\x05", b"\x02\0\0\0\0\x06", frames.ip(source, target, protocol, segment)
        )
        return [frames.vxlan(*outer, inner, 300)]

    def options(source: str, target: str, protocol: int, segment: bytes) -> list[bytes]:
        return [frames.ip(source, target, protocol, segment, options=b"\x94\x04\0\0\x01\x01\x01\0")]

    def pieces(source: str, target: str, protocol: int, segment: bytes) -> list[bytes]:
        ident = int.from_bytes(segment[4:8], "big") % 65521
        return frames.fragments(source, target, protocol, segment, ident, [400, 200])

    def extended(source: str, target: str, protocol: int, segment: bytes) -> list[bytes]:
        return [frames.extended(source, target, protocol, segment)]

    return {
        "gre": within(frames.gre), "vxlan": vxlan,
        "ipip": within(lambda one, other, packet: frames.ip(one, other, 4, packet)),
        "options": options, "fragments": pieces, "extended6": extended, "fragments6": pieces,
    }  # fmt: skip


def on_links(first: int) -> Iterator[Scene]:
    """Link types, tags and tunnels, over both versions of IP."""
    number = first
    for six in (False, True):
        for link in containers.LINKS:
            if link == (containers.IPV4 if six else containers.IPV6):
                continue
            yield _linked(plain(number, f"link{link}-{6 if six else 4}.pcap", link=link), six=six)
            number += 1
        for tags in ((7,), (30, 4094)):
            yield _linked(plain(number, f"tags{len(tags)}-{6 if six else 4}.pcap", vlans=tags), six=six)
            number += 1
        for name, wrap in (("mpls", _mpls), ("pppoe", _pppoe)):
            scene = plain(number, f"{name}-{6 if six else 4}.pcap")
            scene.frame_of = functools.partial(wrap, scene)
            yield _linked(scene, six=six)
            number += 1
    for name in _carriers(0):
        yield _linked(plain(number, f"{name}.pcap", carry=_carriers(number)[name]), six=name.endswith("6"))
        number += 1


def on_rare_links(first: int) -> Iterator[Scene]:
    """Link types that few captures have."""
    number = first
    for link in links.RARE:
        for six in (False, True):
            yield _linked(plain(number, f"link{link}-{6 if six else 4}.pcap", link=link), six=six, little=True)
            number += 1


def in_tunnels(first: int) -> Iterator[Scene]:
    """What carries IP between two other addresses."""
    number = first
    for six, wraps in ((False, tunnels.FOUR), (True, tunnels.SIX)):
        for tunnel in wraps:
            scene = plain(number, f"{tunnel.__name__}-{6 if six else 4}.pcap", carry=_carrying(number, tunnel))
            yield _linked(scene, six=six, little=True)
            number += 1


def _carrying(number: int, wrap: tunnels.Wrap) -> Carry:
    """Packets through a tunnel of their own."""

    def carry(source: str, target: str, protocol: int, segment: bytes) -> list[bytes]:
        ends = [f"172.16.{number % 200}.{place}" for place in (1, 2)]
        return [wrap(ends[0], ends[1], frames.ip(source, target, protocol, segment))]

    return carry


def _linked(scene: Scene, *, six: bool, little: bool = False) -> Scene:
    stage = Stage(scene, six=six)
    browse(stage, [web.upload(scene.draw)])
    if not little:
        browse(stage, [web.download(scene.draw), web.in_json(scene.draw)])
    look_up(stage)
    greet(stage)
    return scene


def in_disorder(first: int) -> Iterator[Scene]:
    """Every kind of exchange in every kind of order in which all bytes are there."""
    for number, (name, disorder) in enumerate(talk.ORDERLY.items(), first):
        scene = plain(number, f"{name}.pcap")
        stage = Stage(scene)
        for maker in web.MAKERS:
            browse(stage, [maker(scene.draw)], disorder, talk=stage.talk(mss=scene.draw.between(300, 1400)))
        browse(stage, [maker(scene.draw) for maker in MAKERS], disorder)
        browse(
            stage, [maker(scene.draw) for maker in (web.download, web.in_words, web.upload)], disorder, pipelined=True
        )
        for _ in range(4):
            greet(stage, disorder, mss=scene.draw.between(60, 400))
        yield scene


def in_loss(first: int) -> Iterator[Scene]:
    """Bytes that are not in the file: what they were of is not whole, and what they were not of is."""
    scene = plain(first, "lost.pcap")
    stage = Stage(scene)
    for number in range(12):
        exchanges = [web.upload(scene.draw), web.download(scene.draw, "jpeg"), web.upload(scene.draw)]
        browse(stage, exchanges, talk.losing(number), talk=stage.talk(mss=700))
    for maker in (web.chunked, web.form, web.in_json, web.packed, web.in_zip):
        browse(stage, [maker(scene.draw), web.download(scene.draw)], talk.losing(2), talk=stage.talk(mss=500))
        browse(stage, [maker(scene.draw)], talk.losing(-1), talk=stage.talk(mss=500))
    yield scene
    scene = plain(first + 1, "sides.pcap")
    stage = Stage(scene)
    for up in (True, False):
        for maker in (web.upload, web.download, web.form, web.chunked):
            browse(stage, [maker(scene.draw)], talk.one_sided(up))
    yield scene
    scene = plain(first + 2, "snapped.pcap")
    stage = Stage(scene)
    for size in (200, 700):
        for maker in (web.upload, web.download):
            browse(stage, [maker(scene.draw)], talk.snapped(size))
    yield scene


def in_connections(first: int) -> Iterator[Scene]:
    """Numbers that wrap, beginnings that were not captured, ends of every kind, ports used again, single bytes."""
    scene = plain(first, "connections.pcap")
    stage = Stage(scene)
    for below in (1, 300, 1500, 3000):
        numbers = ((1 << 32) - below, (1 << 32) - below // 2 - 1)
        browse(stage, [web.upload(scene.draw), web.download(scene.draw)], talk=stage.talk(numbers=numbers))
        browse(stage, [web.form(scene.draw)], talk.shuffled, talk=stage.talk(numbers=numbers, mss=300))
    for maker in (web.upload, web.download, web.chunked):
        browse(stage, [maker(scene.draw)], talk=stage.talk(opening=False))
        for end in ("rst", "none"):
            browse(stage, [maker(scene.draw)], end=end)
        browse(stage, [maker(scene.draw)], sizes=[1] * 60)
    again = stage.talk()
    browse(stage, [web.upload(scene.draw)], talk=again)
    yield scene


def in_names(first: int) -> Iterator[Scene]:
    """Lookups."""
    scene = plain(first, "names.pcap")
    stage = Stage(scene)
    for _ in range(120):
        look_up(stage)
    for _ in range(12):
        look_up(stage, over_tcp=True)
    yield scene


def in_hellos(first: int) -> Iterator[Scene]:
    """Hellos: whole, over records and segments, on other ports."""
    scene = plain(first, "hellos.pcap")
    stage = Stage(scene)
    for number in range(60):
        port = (443, 8443, 993, 51443)[number % 4]
        greet(stage, port=port, cut=(0, 0, 90)[number % 3], mss=(talk.MSS, 100)[number % 5 == 4])
    yield scene


def in_parts(first: int) -> Iterator[Scene]:
    """Pictures in parts, whole and with a loss."""
    scene = plain(first, "parts.pcap")
    stage = Stage(scene)
    for up, dialects in ((True, parts.UP), (False, parts.DOWN)):
        for dialect in dialects.values():
            for lost in (False, False, True):
                send_in_parts(stage, dialect, up=up, lost=lost)
    yield scene


ROOMS: dict[str, Callable[[int], Iterator[Scene]]] = {
    "containers": in_containers, "links": on_links, "rare": on_rare_links, "tunnels": in_tunnels,
    "disorder": in_disorder, "loss": in_loss, "connections": in_connections, "names": in_names, "hellos": in_hellos,
    "parts": in_parts,
}  # fmt: skip


def all_scenes() -> Iterator[tuple[str, Scene]]:
    """Every scene with its room, numbered."""
    number = 1
    for room, makers in ROOMS.items():
        for scene in makers(number):
            yield room, scene
            number = scene.number + 1


def damaged(made: Made, keep: int, name: str) -> Made:
    """A file that ends within its last packet: told as damaged, and what lies before it stays."""
    cut = Made(name, made.data[:-keep], room="damaged")
    cut.know("A04", "capture", (), {"damaged": True})
    return cut


def pack() -> list[Made]:
    """All files with their answers."""
    made = [scene.finish(room) for room, scene in all_scenes()]
    return [*made, *_damaged()]


def _damaged() -> Iterator[Made]:
    for number, (write, keep) in enumerate(
        ((functools.partial(pcap, link=1), 7), (functools.partial(pcapng, link=1), 9)), 250
    ):
        scene = plain(number, f"cut{number}.cap", write)
        stage = Stage(scene)
        browse(stage, [web.upload(scene.draw)])
        look_up(stage)
        whole = scene.finish()
        cut = damaged(whole, keep, whole.name)
        packets = sum(one.expected.get("packets", 0) for one in whole.answers if one.assertion == "A01")
        cut.know("A01", "capture", (), {"packets": packets - 1})
        cut.answers += [one for one in whole.answers if one.assertion in ("A20", "A23", "A24", "A25")]
        yield cut

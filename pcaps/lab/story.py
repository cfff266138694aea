"""What happens in an office, before anybody looks at a wire: connections, lookups, pictures sent."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .conversation import Say, Talk
from .tls import Authority, encrypt

if TYPE_CHECKING:
    from .hosts import Host

SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Picture:
    """One image file. `origin`: capture camera, terminal, id card, news, selfie, scene …"""

    data: bytes
    kind: str
    size: tuple[int, int]
    face: bool
    origin: str

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True)
class Sent:
    """One transfer of a picture."""

    picture: Picture
    talk: Talk
    up: bool
    carried: str
    path: str
    act: str


@dataclass(slots=True)
class Lookup:
    """One name asked of the router (or, by the router, of the public resolver)."""

    time: int
    client: Host
    target: Host
    ident: int
    port: int
    alias: str = ""


@dataclass
class Story:
    """All of it; `start` in UTC ns."""

    start: int
    seed: int
    authority: Authority
    talks: list[Talk] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    clocks: list[tuple[int, Host, Host]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    persons: list[dict[str, Any]] = field(default_factory=list)
    journeys: list[list[dict[str, Any]]] = field(default_factory=list)  # legs from station to station, by time

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self._ports: dict[str, int] = {}

    def at(self, seconds: float) -> int:
        """Time in ns of a moment in the story."""
        return self.start + int(seconds * SECOND)

    def date(self, seconds: float) -> str:
        """HTTP Date of a moment (RFC 9110 §5.6.7)."""
        return self._moment(seconds).strftime("%a, %d %b %Y %H:%M:%S GMT")

    def local(self, seconds: float, style: str = "%Y-%m-%dT%H:%M:%S+08:00") -> str:
        """Local time (UTC+8) of a moment, as devices write it."""
        return (self._moment(seconds) + dt.timedelta(hours=8)).strftime(style)

    def _moment(self, seconds: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.start / SECOND + seconds, dt.UTC)

    def port(self, client: Host) -> int:
        """Next source port of a machine."""
        self._ports.setdefault(client.name, 49152 + int(self.rng.integers(0, 8000)))
        self._ports[client.name] += int(self.rng.integers(1, 5))
        return self._ports[client.name]

    def look_up(self, seconds: float, client: Host, target: Host, alias: str = "") -> None:
        """DNS question and answer just before a connection."""
        ident = int(self.rng.integers(1, 65535))
        self.lookups.append(Lookup(self.at(seconds) - 40_000_000, client, target, ident, self.port(client), alias))

    def connect(self, seconds: float, client: Host, server: Host, port: int = 80, closed_by: str = "client") -> Talk:
        """New connection without turns."""
        talk = Talk(self.at(seconds), client, server, self.port(client), port, [], closed_by)
        if not server.inside:
            talk.server_name = server.name
        self.talks.append(talk)
        return talk

    def ask(self, talk: Talk, request: bytes, answer: bytes, pause: float = 1.0, think: float = 15.0) -> None:
        """One request and its response; both pauses in ms."""
        talk.turns += [Say(True, request, pause), Say(False, answer, think)]

    def carry(self, talk: Talk, pictures: list[Picture], carried: str, path: str, act: str, *, up: bool = True) -> None:
        """Note that a connection carries pictures."""
        self.sent += [Sent(picture, talk, up, carried, path, act) for picture in pictures]

    def seal(self, talk: Talk, *, old: bool = False) -> None:
        """Put a whole connection into TLS."""
        talk.protocol = "tls"
        talk.turns = encrypt(talk.turns, talk.server_name, self.authority, old=old)

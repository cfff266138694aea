"""Offices made up at random out of the demo's machines: who sends which picture to whom, in what way."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from pcaps.lab import onlink, photos, views, web
from pcaps.lab.files import write_pcapng
from pcaps.lab.hosts import CLOUD, CRM, DOOR_CAMERA, HALL_CAMERA, JUDGE, NEWS, PC, PHONE, PLATFORM, ROUTER, SERVER
from pcaps.lab.story import Story
from pcaps.lab.tls import Authority

if TYPE_CHECKING:
    from pathlib import Path

    from pcaps.lab.hosts import Host

START = 1_773_451_800 * 10**9
HOSTS = [ROUTER, SERVER, HALL_CAMERA, DOOR_CAMERA, PC, PHONE]
INSIDE, OUTSIDE = [SERVER, HALL_CAMERA, DOOR_CAMERA, PC, PHONE], [CLOUD, CRM, JUDGE, NEWS, PLATFORM]
PICTURES = 12
AGENTS = (
    "",
    "",
    "okhttp/4.9.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
)


@functools.cache
def picture(number: int) -> bytes:
    """One of some small JPEGs."""
    return photos.jpeg(photos.portrait(number, 72), number)


def write_office(path: Path, seed: int, scratch: Path, acts: int = 24) -> None:
    """A capture of `acts` random transfers, two seconds apart, seen on the office's switch."""
    rng = np.random.default_rng(seed)
    story = Story(START, seed, Authority(scratch))
    for number in range(acts):
        _act(story, rng, 5 + 2 * number)
    view = views.Lan(4)
    frames = views.render(view, views.packets(story, 4), onlink.lan(START, HOSTS))
    write_pcapng(path, frames, "mirror0", "random office")


def _act(story: Story, rng: np.random.Generator, at: float) -> None:
    near = INSIDE[rng.integers(len(INSIDE))]
    far = OUTSIDE if rng.random() < 0.75 else [host for host in INSIDE if host is not near]
    target = far[rng.integers(len(far))]
    name = OUTSIDE[rng.integers(len(OUTSIDE))].name if rng.random() < 0.2 else target.name  # one name, many addresses
    agent = AGENTS[rng.integers(len(AGENTS))]
    kind = rng.choice(["push", "fetch", "seal", "cut"], p=[0.45, 0.3, 0.15, 0.1])
    if kind == "seal" and target.inside:  # the demo's certificates are those of names outside
        kind = "push"
    pictures = [picture(int(one)) for one in rng.integers(PICTURES, size=rng.integers(1, 4))]
    if not target.inside:
        story.look_up(at, near, target)
    talk = story.connect(at, near, target, 443 if kind == "seal" else 80)
    for data in pictures * (12 if kind == "seal" else 1):
        _send(story, talk, target, name, agent, str(kind), data, at)
    if kind == "seal":
        story.seal(talk)


def _send(story: Story, talk, target: Host, name: str, agent: str, kind: str, data: bytes, at: float) -> None:
    headers = {"User-Agent": agent} if agent else {}
    host = name if not target.inside else target.ip4
    if kind == "fetch":
        asked = web.request("GET", "/picture.jpg", host, headers)
        answer = web.response(data, "image/jpeg", story.date(at))
    else:
        sent = data[:-200] + b"\0" * 150 if kind == "cut" else data
        asked = web.request("POST", "/VIID/Faces", host, headers | {"Content-Type": "image/jpeg"}, sent)
        answer = web.response(b"{}", "application/json", story.date(at))
    story.ask(talk, asked, answer, 2, 2)

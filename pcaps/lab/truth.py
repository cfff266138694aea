"""expected.json: what is in a capture, from the story itself and not from any tool that reads it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .files import Frames
    from .hosts import Host
    from .story import Sent, Story
    from .views import Lan

ROLES = {"doorbell camera": "capture device"}  # the words findings use


def expected(story: Story, view: Lan, frames: Frames, hosts: list[Host], about: dict[str, Any]) -> dict[str, Any]:
    """All golden truth of one capture."""
    sent = [item for item in story.sent if view.sees(item.talk.client, item.talk.server)]
    times = [time for time, _ in frames]
    return {
        "schema": 1,
        **about,
        "packets": {
            "count": len(frames),
            "bytes": sum(len(frame) for _, frame in frames),
            "first_ts_ns": min(times),
            "last_ts_ns": max(times),
        },
        "devices": [] if view.name == "wan" else [_device(host, view) for host in hosts],
        "images": [_image(item, view) for item in sent],
        "flows": [_flow(talk, view) for talk in story.talks if view.sees(talk.client, talk.server)],
        "names": _names(story, view),
        "encrypted_uploads": _encrypted(sent, view),
        "findings": _findings(sent, view),
        "journeys": [] if view.name == "wan" else [[_leg(leg, view) for leg in legs] for legs in story.journeys],
        "persons": [person for person in story.persons if view.sees(person["_talk"].client, person["_talk"].server)],
    }


def strip(document: dict[str, Any]) -> dict[str, Any]:
    """Persons without the links that only the builder needs."""
    document["persons"] = [
        {key: value for key, value in person.items() if key[0] != "_"} for person in document["persons"]
    ]
    return document


def _device(host: Host, view: Lan) -> dict[str, Any]:
    named = {"dhcp_name": host.dhcp_name} if host.dhcp_name and view.family == 4 else {}
    named |= {"class": host.kind} | ({"model": host.model} if host.model else {})
    return {
        "name": host.name,
        "role": host.role,
        "mac": host.mac,
        "ip": view.address(host),
        "oui_vendor": host.vendor,
        **named,
    }


def _leg(leg: dict[str, Any], view: Lan) -> dict[str, str]:
    sender, receiver = leg["_ends"]
    return {"sender": view.address(sender), "receiver": view.address(receiver), "kind": leg["kind"]}


def _ends(item: Sent) -> tuple[Host, Host]:
    talk = item.talk
    return (talk.client, talk.server) if item.up else (talk.server, talk.client)


def _image(item: Sent, view: Lan) -> dict[str, Any]:
    sender, receiver = _ends(item)
    picture, talk = item.picture, item.talk
    return {
        "sha256": picture.sha256,
        "size": len(picture.data),
        "kind": picture.kind,
        "width": picture.size[0],
        "height": picture.size[1],
        "face": "yes" if picture.face else "no",
        "origin": picture.origin,
        "sender": view.address(sender),
        "sender_role": sender.role if view.name != "wan" or not sender.inside else "unknown",
        "receiver": view.address(receiver),
        "client_port": view.port(talk.client, talk.server, talk.client_port),
        "server_port": talk.server_port,
        "direction": "up" if item.up else "down",
        "carried": item.carried,
        "host": talk.server_name,
        "path": item.path,
        "act": item.act,
        "visible": talk.protocol != "tls",
        "whole": True,
    }


def _flow(talk: Any, view: Lan) -> dict[str, Any]:
    return {
        "client": view.address(talk.client),
        "client_port": view.port(talk.client, talk.server, talk.client_port),
        "server": view.address(talk.server),
        "server_port": talk.server_port,
        "protocol": talk.protocol,
        "server_name": talk.server_name,
        "payload_up": sum(len(turn.data) for turn in talk.turns if turn.up),
        "payload_down": sum(len(turn.data) for turn in talk.turns if not turn.up),
    }


def _names(story: Story, view: Lan) -> list[dict[str, str]]:
    found = {(lookup.target.name, view.address(lookup.target)) for lookup in story.lookups}
    return [{"name": name, "address": address} for name, address in sorted(found)]


def _encrypted(sent: list[Sent], view: Lan) -> list[dict[str, Any]]:
    """TLS connections that carried pictures, per sender and receiver, in payload bytes of TCP."""
    talks: dict[tuple[str, str], dict[int, Any]] = defaultdict(dict)
    pictures: dict[tuple[str, str], int] = defaultdict(int)
    for item in sent:
        if item.talk.protocol == "tls" and item.up:
            ends = view.address(item.talk.client), view.address(item.talk.server)
            talks[ends][id(item.talk)] = item.talk
            pictures[ends] += 1
    return [
        {
            "sender": ends[0],
            "receiver": ends[1],
            "server_name": next(iter(group.values())).server_name,
            "connections": len(group),
            "images_inside": pictures[ends],
            "payload_up": sum(len(turn.data) for talk in group.values() for turn in talk.turns if turn.up),
        }
        for ends, group in sorted(talks.items())
    ]


def _findings(sent: list[Sent], view: Lan) -> list[dict[str, Any]]:
    """Transfers of faces per certainty, act, sender and receiver.

    `role` is that of the party inside; `finding` is False for what is only an observation: a personal device's own
    pictures, and news.
    """
    groups: dict[tuple[str, str, str, str, str], list[Sent]] = defaultdict(list)
    for item in sent:
        sender, receiver = _ends(item)
        inside = sender if sender.inside else receiver
        role = "unknown" if view.name == "wan" else ROLES.get(inside.role, inside.role)
        sealed = item.talk.protocol == "tls"
        if item.picture.face or sealed:
            groups["D" if sealed else "A", item.act, view.address(sender), role, view.address(receiver)].append(item)
    return [_finding(key, items) for key, items in sorted(groups.items())]


def _finding(key: tuple[str, str, str, str, str], items: list[Sent]) -> dict[str, Any]:
    names = dict(zip(("certainty", "act", "sender", "role", "receiver"), key, strict=True))
    origins = {item.picture.origin for item in items}
    counted = {"images": len(items), "distinct_images": len({item.picture.sha256 for item in items})}
    visible = {f"{name}_not_visible": value for name, value in counted.items()} if key[0] == "D" else counted
    kept = key[3] != "personal device" and origins != {"news"}
    return {**names, **visible, "origins": sorted(origins), "finding": kept}

"""What a capture must tell: one row per event, written from what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from people import sha

if TYPE_CHECKING:
    from people import Person


def event(kind: str, document: str, **fields: Any) -> dict[str, Any]:
    """One expected event; `images` maps roles to bytes of images, `fetched` does for those it names by address."""
    images, fetched = _digests(fields.pop("images", {})), _digests(fields.pop("fetched", {}))
    return {"kind": kind, "document": document, **fields, "images": images} | ({"fetched": fetched} if fetched else {})


def _digests(images: dict[str, Any]) -> dict[str, list[str]]:
    listed = {role: data if isinstance(data, list) else [data] for role, data in images.items()}
    return {role: sorted(map(sha, found)) for role, found in listed.items()}


def masked(person: Person, *names: str) -> dict[str, str]:
    """Fields of a person as a table shows them: `name`, `id_number`, `phone`, `birthday`."""
    number = person.number
    shown = {
        "name": person.name[0] + "*" * (len(person.name) - 1),
        "id_number": number[:3] + "*" * (len(number) - 5) + number[-2:],
        "phone": person.phone[:3] + "*" * (len(person.phone) - 5) + person.phone[-2:],
        "birthday": person.birthday[:4] + "****",
    }
    return {name: shown[name] for name in names or shown}

"""The rooms of a case that are pages of one table: which columns are shown, and by which they are filtered."""

from __future__ import annotations

from dataclasses import dataclass

from netaudit.core.schema import BY_NAME
from netaudit.core.text.yaml_text import yaml_of


@dataclass(frozen=True, slots=True)
class Room:
    """A room: its table, the columns of a line, and those with a field to filter by."""

    name: str
    table: str
    columns: tuple[str, ...]
    filters: tuple[str, ...] = ()
    joined: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # (column here, table there with it, columns of that)


_SAID = yaml_of(__package__, "rooms.yaml")
ROOMS = tuple(
    Room(
        name,
        room.get("table", name),
        tuple(room["columns"].split()),
        tuple(room["filters"].split()),
        tuple((here, there, tuple(columns)) for here, there, columns in room.get("joined", ())),
    )
    for name, room in _SAID["rooms"].items()
)
OF = {room.name: room for room in ROOMS}
GROUPS: dict[str, tuple[str, ...]] = {name: tuple(pages.split()) for name, pages in _SAID["groups"].items()}
ORDER = tuple(page for pages in GROUPS.values() for page in pages)
AT_ONCE = 9  # columns of a table that is no room of its own; a row's page has all


def room_of(table: str) -> Room:
    """The room of any table."""
    found = next((room for room in ROOMS if room.table == table), None)
    names = BY_NAME[table].names
    return found or Room(table, table, names[:AT_ONCE], names[:4])


HELD: dict[str, list[tuple[str, str, str]]] = {
    table: [tuple(tie.split()) for tie in ties] for table, ties in _SAID["held"].items()
}

"""The rooms of a case that are pages of one table: which columns are shown, and by which they are filtered."""

from __future__ import annotations

from dataclasses import dataclass

from netaudit.tables import BY_NAME


@dataclass(frozen=True, slots=True)
class Room:
    """A room: its table, the columns of a line, and those with a field to filter by."""

    name: str
    table: str
    columns: tuple[str, ...]
    filters: tuple[str, ...] = ()
    joined: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # (column here, table there with it, columns of that)


def _room(
    name: str, table: str, columns: str, filters: str = "", joined: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
) -> Room:
    return Room(name, table, tuple(columns.split()), tuple(filters.split()), joined)


ROOMS: tuple[Room, ...] = (
    _room(
        "findings",
        "findings",
        "certainty act sender receiver images distinct_images records bytes first_ts last_ts finding_id",
        "certainty act sender receiver",
    ),
    _room(
        "journeys",
        "journeys",
        "journey_id leg sender receiver first_ts images ties event_id",
        "journey_id sender receiver images",
    ),
    _room(
        "encrypted",
        "encrypted_uploads",
        "first_ts flow_id octets plaintext_low plaintext_high records rule lossy",
        "flow_id rule",
        (("flow_id", "flows", ("client_ip", "server_ip", "server_name")),),
    ),
    _room(
        "relays",
        "relayed_images",
        "sha256 holder sender receiver received_ts sent_ts delay_s size probability mode",
        "holder receiver sha256 mode",
    ),
    _room(
        "relay_tests",
        "relay_tests",
        "holder sender receiver mode images units fitting told expected p ratio standing",
        "holder receiver mode standing",
    ),
    _room(
        "devices", "devices", "device_id ips name vendor class product model chain first_ts last_ts", "ips vendor class"
    ),
    _room(
        "events",
        "events",
        "first_ts kind act sender receiver name id_number score images certainty document",
        "kind act sender receiver",
    ),
    _room(
        "fields",
        "fields",
        "route_id sender receiver method target path meaning known_by support contradictions example",
        "route_id sender receiver meaning known_by",
    ),
    _room("persons", "persons", "kind value_masked certainty field object_id message_id", "kind certainty value_hmac"),
    _room(
        "endpoints",
        "endpoints",
        "ip scope names country service service_class bytes_sent bytes_received",
        "ip scope names country",
    ),
    _room("ledgers", "ledgers", "ledger subject reason count bytes understood", "ledger understood"),
)
OF = {room.name: room for room in ROOMS}
GROUPS: dict[str, tuple[str, ...]] = {  # as in the navigation: what a room is called, and its pages
    "verdict": ("verdict",),
    "gallery": ("gallery",),
    "devices": ("devices", "endpoints"),
    "ways": ("findings", "topology", "traffic"),
    "timeline": ("timeline",),
    "room_events": ("events", "journeys", "persons", "fields"),
    "encrypted": ("encrypted", "relays", "relay_tests"),
    "not_seen": ("ledgers",),
    "tables": ("tables", "search", "sql"),
}
ORDER = tuple(page for pages in GROUPS.values() for page in pages)
AT_ONCE = 9  # columns of a table that is no room of its own; a row's page has all


def room_of(table: str) -> Room:
    """The room of any table."""
    found = next((room for room in ROOMS if room.table == table), None)
    names = BY_NAME[table].names
    return found or Room(table, table, names[:AT_ONCE], names[:4])


ID_OF = {  # column → table and column of what it names
    "finding_id": ("findings", "finding_id"),
    "flow_id": ("flows", "flow_id"),
    "flow_ids": ("flows", "flow_id"),
    "message_id": ("messages", "message_id"),
    "request_id": ("messages", "message_id"),
    "object_id": ("objects", "object_id"),
    "object_ids": ("objects", "object_id"),
    "document_ids": ("objects", "object_id"),
    "event_id": ("events", "event_id"),
    "journey_id": ("journeys", "journey_id"),
    "unit_id": ("encrypted_uploads", "unit_id"),
    "device_id": ("devices", "device_id"),
    "endpoint_id": ("endpoints", "endpoint_id"),
    "capture_id": ("captures", "capture_id"),
    "capture_ids": ("captures", "capture_id"),
}
HELD = {  # what belongs to a row, by the column that ties it: (column here, table there, column there)
    "devices": (("device_id", "claims", "device_id"),),
    "journeys": (
        ("journey_id", "journeys", "journey_id"),
        ("journey_id", "events", "journey_id"),
        ("message_id", "objects", "message_id"),
    ),
    "events": (("message_id", "messages", "message_id"), ("journey_id", "journeys", "journey_id")),
    "messages": (("message_id", "objects", "message_id"), ("message_id", "persons", "message_id")),
    "objects": (("object_id", "evidence", "object_id"),),
    "flows": (("flow_id", "messages", "flow_id"), ("flow_id", "encrypted_uploads", "flow_id")),
    "encrypted_uploads": (("flow_id", "flows", "flow_id"), ("unit_id", "relayed_images", "unit_id")),
    "relayed_images": (
        ("unit_id", "encrypted_uploads", "unit_id"),
        ("flow_id", "flows", "flow_id"),
        ("object_id", "objects", "object_id"),
        ("holder", "relay_tests", "holder"),
    ),
    "relay_tests": (("holder", "relayed_images", "holder"),),
    "endpoints": (("ip", "findings", "receiver"), ("ip", "flows", "server_ip")),
}

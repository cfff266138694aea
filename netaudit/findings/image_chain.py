"""Assign each device its part in the transfer of face images, from the tables of transferred images.

captures  a capture device, or what sent face images as one
verifies  a terminal that compares a face with a card or a list, and sent a picture, a comparison or an identity number
relays    it got an image from another host and passed the same bytes on
stores    others got face images from it that were sent to it or are on the way, and it is no capture device
views     a computer or phone that got, as answers, images that a device of the site had sent or from whom they went to

Told from sure classes and from the images themselves; where faces were not judged (`--no-faces`) any image counts, and
the reason says so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.core.schema import CLAIMS
from netaudit.core.schema import Row as TableRow
from netaudit.core.signatures.signature import OWN
from netaudit.core.storage.table_streams import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netaudit.findings.transfers import Transfer

CAPTURES, VERIFIES, RELAYS, STORES, VIEWS = CHAIN = ("captures", "verifies", "relays", "stores", "views")
BY_CLASS = {
    "face_capture_camera": CAPTURES, "id_terminal": VERIFIES, "access_terminal": VERIFIES,
}  # fmt: skip
SURE = frozenset({"declared", "strong"})
CAMERAS = frozenset({"face_capture_camera", "ip_camera", "camera"})
HANDHELD = frozenset({"phone", "tablet", "handheld"})
LOOKING = HANDHELD | {"pc", "computer"}
COUNTED = frozenset({"yes", "not judged"})  # of images.face

Row = dict[str, Any]


@dataclass(slots=True)
class Moved:
    """Distinct images, by the beginning of their SHA-256, that a device moved."""

    pushed: set[int] = field(default_factory=set)  # sent with its own requests
    taken: set[int] = field(default_factory=set)  # sent to it with requests of others
    given: set[int] = field(default_factory=set)  # sent by it as answers
    fetched: dict[str, set[int]] = field(default_factory=dict)  # got by it as answers, by those who gave them
    judged: bool = False  # whether faces were looked for


NOTHING = Moved()


class Moves:
    """What each device moved, seen while transfers go by to somebody else: to look for them once is enough.

    `device_of` tells by an address and a flow whose end it is: the id of a device, or the address.
    """

    def __init__(self, device_of: Callable[[str, str], str]) -> None:
        self._device_of = device_of
        self.by_device: dict[str, Moved] = defaultdict(Moved)

    def seen(self, rows: Iterable[Transfer]) -> Iterator[Transfer]:
        """The rows as they are, each taken down."""
        for row in rows:
            if row.face in COUNTED:
                self._record(row)
            yield row

    def _record(self, row: Transfer) -> None:
        sender_id, receiver_id = (self._device_of(ip, row.flow_id) for ip in (row.sender, row.receiver))
        sender, receiver = self.by_device[sender_id], self.by_device[receiver_id]
        digest = row.digest
        (sender.pushed if row.upload else sender.given).add(digest)
        if row.upload:
            receiver.taken.add(digest)
        else:
            receiver.fetched.setdefault(sender_id, set()).add(digest)
        for one in (sender, receiver):
            one.judged = one.judged or row.face == "yes"


def with_chain(
    devices: pa.Table, claims: pa.Table, moves: Moves, telling: frozenset[str] = frozenset()
) -> tuple[pa.Table, pa.Table]:
    """`devices` with its column `chain`, and `claims` with the reasons; `telling` are devices whose records tell."""
    moved = moves.by_device
    chains, new = [], []
    rows = devices.select(["device_id", "ips", "class", "class_confidence"]).to_pylist()
    way = _way(rows, moved)
    for row in rows:
        own = moved.get(row["device_id"], NOTHING)
        found = list(parts(row, own, way, tells=row["device_id"] in telling))
        chains.append([part for part, _, _ in found])
        new += [_claim(row["device_id"], *one) for one in found]
    place = devices.column_names.index("chain")
    devices = devices.set_column(place, devices.schema.field("chain"), pa.array(chains, pa.list_(pa.string())))
    return devices, pa.concat_tables([claims, table_of(new, CLAIMS)])


def parts(
    device: Row, moved: Moved, way: set[int | str], *, tells: bool = False
) -> Iterator[tuple[str, str, list[str]]]:
    """Parts of a device in the chain, in the order of the chain: (part, rule, facts). For `way` see `_way`.

    `tells`: its records have a picture, a comparison or an identity number; a mere clock verifies nobody's face.
    """
    kind = device["class"] if device["class_confidence"] in SURE else ""
    what = "face images" if moved.judged else "images, faces not judged"
    part = BY_CLASS.get(kind, "")
    if part and (part != VERIFIES or tells or moved.pushed or moved.given):
        yield part, "rule: class", [f"class={kind}", f"{what}={len(moved.pushed)}"]
    elif kind in CAMERAS and moved.pushed:
        yield CAPTURES, "rule: camera that sends images", [f"class={kind}", f"{what}={len(moved.pushed)}"]
    if passed := moved.taken & moved.pushed:
        yield RELAYS, "rule: passed on unchanged", [f"{what}={len(passed)}"]
    if moved.given and (moved.taken or moved.given & way) and kind not in CAMERAS and kind not in BY_CLASS:
        again = len(moved.given & moved.taken)
        yield STORES, "rule: gives out images", [f"{what}={len(moved.given)}", f"of those sent to it before={again}"]
    looked = {image for giver, images in moved.fetched.items() for image in (images if giver in way else images & way)}
    if looked and kind in LOOKING:
        yield VIEWS, "rule: looks at images", [f"class={kind}", f"{what}={len(looked)}"]


def _way(devices: list[Row], moved: dict[str, Moved]) -> set[int | str]:
    """Images that devices of the site sent with requests, and who got such; visitors' own phones set apart.

    What somebody looks at elsewhere, a news page say, is no part of the way of the faces.
    """
    personal = {row["device_id"] for row in devices if row["class"] in HANDHELD}
    sent = {image for one, what in moved.items() if one not in personal for image in what.pushed}
    return sent | {one for one, what in moved.items() if what.taken & sent}


def _claim(device_id: str, part: str, rule: str, facts: list[str]) -> TableRow:
    return CLAIMS.row(
        device_id=device_id,
        claim="chain",
        value=part,
        standing="taken",
        strength="strong",
        by=rule,
        origin=OWN,
        provenance="rule",
        source="",
        facts=facts,
        evidence=[""] * len(facts),
    )

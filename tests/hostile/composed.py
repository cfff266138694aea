"""Random compositions: a picture written, wrapped and written again, two to four times, then carried in any way."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from pcaps.lab import photos
from tests.hostile.carriers import Log, websocket
from tests.hostile.disguises import DISGUISES
from tests.hostile.fields import FIELDS, mqtt_bodies, said_in_bodies, said_in_forms, small_frames
from tests.hostile.talk import BEGIN
from tests.hostile.wire import MS, State
from tests.hostile.writings import BYTES, TEXTS, WRITINGS

Layer = Callable[[random.Random, bytes], bytes]
LARGEST = 400_000  # bytes that are written once more
KNOWN: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64 for urls": base64.urlsafe_b64encode,
    "base32": base64.b32encode,
    "hexadecimal": lambda data: data.hex().encode(),
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
WRAPPED = (
    "base64 in json", "base64 for urls", "archive", "in a form of many", "behind words", "behind noise",
    "behind a decoy",
)  # fmt: skip
COVERS = ("keyed, behind the end of a picture", "keyed, in segments of a picture", "keyed, in a chunk of a picture")


def _layers() -> dict[str, Layer]:
    writings = {name: lambda _, data, write=write: write(data) for name, write in (KNOWN | BYTES | TEXTS).items()}
    wrapped = {name: lambda chance, data, wrap=DISGUISES[name]: wrap(chance, data)[0] for name in WRAPPED}
    covers = {name: lambda chance, data, wrap=WRITINGS[name]: wrap(chance, data)[0] for name in COVERS}
    return writings | wrapped | covers


LAYERS = _layers()
CARRIERS = {
    "in a body": said_in_bodies(1 << 22),
    "in small bodies": said_in_bodies(900),
    "in bodies of middle size": said_in_bodies(5000),
    "in a websocket": websocket,
    "in texts of a websocket": small_frames,
    "in mqtt": mqtt_bodies,
    "in forms": said_in_forms(900),
    **{
        name: FIELDS[name]
        for name in (
            "in cookies of many", "in queries of many", "in topics of MQTT", "in names asked for",
            "in extensions of chunks",
        )
    },
}  # fmt: skip


@dataclass(frozen=True)
class Composed:
    """One of them."""

    number: int

    @property
    def sender(self) -> str:
        """Address of the device."""
        return f"192.168.{10 + self.number // 200}.{20 + self.number % 200}"

    @property
    def receiver(self) -> str:
        """Address of the cloud."""
        return f"47.97.{self.number // 200}.{20 + self.number % 200}"

    def _chosen(self) -> tuple[random.Random, list[str], str]:
        chance = random.Random(f"composed/{self.number}")
        return chance, chance.choices(sorted(LAYERS), k=chance.randrange(2, 5)), chance.choice(sorted(CARRIERS))

    @property
    def name(self) -> str:
        """What was done, in order."""
        _, layers, carrier = self._chosen()
        return ", ".join([*layers, carrier])

    def log(self) -> Log:
        """Its frames."""
        chance, layers, carrier = self._chosen()
        data = photos.jpeg(photos.portrait(70_000 + self.number, 480), self.number)
        for layer in layers:
            if len(data) <= LARGEST:
                data = LAYERS[layer](chance, data)
        ends = [bytes(map(int, address.split("."))) for address in (self.sender, self.receiver)]
        mac = b"\x02\0\0\2" + self.number.to_bytes(2, "big")
        state = State(client=ends[0], server=ends[1], mac=mac)
        return CARRIERS[carrier](data, state, 30_000, BEGIN + self.number * 200 * MS)

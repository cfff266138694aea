"""What the receiver takes stands whole in one of the readings of its connection, whatever else was sent."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest

from netaudit.capture.layouts import RECORD, Window
from netaudit.packets.from_capture import Decoder
from netaudit.streams.from_packets import Assembler
from netaudit.streams.layouts import UP
from tests.hostile.attacks import FAMILIES
from tests.hostile.talk import conversation

SEEDS = int(os.environ.get("HOSTILE_SEEDS", "1"))  # of each family; `make hostile` takes ten


def readings(log):
    """Upward bytes of every flow, b"?" for what is missing, and the doubts that were told."""
    data = b"".join(frame for _, frame in log)
    records = np.zeros(len(log), RECORD)
    at = 0
    for index, (ts, frame) in enumerate(log):
        record = records[index]
        record["ts"], record["frame"], record["offset"] = ts, index + 1, at
        record["caplen"] = record["wirelen"] = len(frame)
        record["linktype"] = 1
        at += len(frame)
    decoder, assembler = Decoder(), Assembler()
    decoded = decoder.feed(Window(np.frombuffer(data, np.uint8), records))
    found, doubts = {}, 0
    for delivery in [*assembler.feed(decoded.buffer, decoded.packets), *assembler.finish()]:
        serial = int(delivery.flow["serial"])
        doubts |= int(delivery.flow["doubts"])
        for run in delivery.runs:
            if run.direction == UP:
                found[serial] = found.get(serial, b"") + (run.data or b"?" * min(run.length, 1 << 16))
    return list(found.values()), doubts


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("name", FAMILIES)
def test_what_the_receiver_takes_is_read(name, seed):
    chance = random.Random(f"{name}/{seed}")
    text = chance.randbytes(chance.choice([900, 6000, 20_000]))
    found, _ = readings(conversation(FAMILIES[name](chance, text), text))
    assert any(text in reading for reading in found), [
        (len(reading), next((i for i, (a, b) in enumerate(zip(reading, text, strict=False)) if a != b), -1))
        for reading in found
    ]

"""The one pass over the bytes says what searching for each mark says."""

import random

import numpy as np
import pytest

from netaudit.content.kernels import (
    JPEG,
    PNG,
    WEBP,
    image_marks,
    store_marks,
)

IMAGES = {JPEG: (b"\xff\xd8\xff",), PNG: (b"\x89PNG",), WEBP: (b"RIFF",)}


def slow(data, marks, begin):
    return sum(bit for bit, all_of in marks.items() if any(data.find(mark, begin) >= 0 for mark in all_of))


def some(chance, marks):
    """Bytes of few values, in which marks and their halves stand close to each other and to both ends."""
    letters = b"".join(mark for all_of in marks.values() for mark in all_of)
    pieces = [chance.choice(letters + b"\x00\x01\x80\xfe") for _ in range(chance.choice([0, 1, 9, 40, 300]))]
    data = bytes(pieces)
    for _ in range(chance.randrange(3)):
        mark = chance.choice([mark for all_of in marks.values() for mark in all_of])
        mark = mark[: chance.choice([2, 3, len(mark)])]
        at = chance.choice([0, 1, chance.randrange(len(data) + 1), len(data)])
        data = data[:at] + mark + data[at:]
    return data


@pytest.mark.parametrize("seed", range(4))
def test_marks_are_those_of_the_slow_twin(seed):
    chance = random.Random(seed)
    for _ in range(2000):
        data = some(chance, IMAGES)
        assert image_marks(np.frombuffer(data, np.uint8)) == slow(data, IMAGES, 1), data


def test_every_place_of_a_mark_is_seen():
    for at in range(1, 90):
        for marks, kernel in ((IMAGES, image_marks),):
            for bit, all_of in marks.items():
                for mark in all_of:
                    data = (b"." * at + mark).ljust(100, b".") if at < 90 - len(mark) else b"." * at + mark
                    assert kernel(np.frombuffer(data, np.uint8)) == bit, (at, mark)


@pytest.mark.parametrize("seed", range(4))
def test_names_of_store_forms_are_found_in_letters_of_either_case(seed):
    chance = random.Random(seed)
    for _ in range(2000):
        data = bytes(chance.choices(b"oOkKeEnNlLiIcC\x0f/", k=chance.choice([0, 3, 4, 9, 23, 90])))
        whole = data + chance.choice([b"", b"Oken", b"oLiC", b"oke", b"lic"])
        assert store_marks(np.frombuffer(whole, np.uint8)) == (b"oken" in whole.lower() or b"olic" in whole.lower())

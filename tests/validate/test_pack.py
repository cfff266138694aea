"""The pack: made without any reader, the same everywhere, large enough, and readable by others."""

from __future__ import annotations

import ast
import gzip
import io
import struct
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from netaudit.validate.certificate import ASSERTIONS
from netaudit.validate.pack import deflate, pictures
from netaudit.validate.pack.cases import pack, released
from netaudit.validate.pack.draw import Draw
from netaudit.validate.reference import ASSERTION
from netaudit.validate.running import digest_of

ROOT = Path(__file__).parents[2]
PACK = Path(pictures.__file__).parent
DIGEST = "44d659fd7a363b3dd76663a27bb0a4b557099df00b9e643e5324654d6cfb1ea4"


@pytest.fixture(scope="module")
def made():
    return pack()


def test_generators_import_nothing_but_the_language_and_each_other() -> None:
    """No reader of netaudit, no library that one reads with, none that reads captures: no fault can be in both."""
    for path in PACK.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not isinstance(node, ast.ImportFrom) or not node.level
            for name in names:
                own = name.startswith("netaudit.validate.pack")
                assert own or name.partition(".")[0] in sys.stdlib_module_names, f"{path.name} imports {name}"


def test_the_pack_is_the_same_on_every_platform(made) -> None:
    """Its hash is part of what a certificate says; a new case changes it, and SPECIFICATION with its meaning."""
    assert digest_of(made) == DIGEST


def test_what_is_asked_of_a_release_only_is_the_same_everywhere(made) -> None:
    """Rooms of changed and of gathered captures, without known answers, under names of their own."""
    more = released(made)
    assert digest_of(more) == digest_of(released(pack()))
    assert not any(one.answers for one in more)
    assert not {one.room for one in more} & {one.room for one in made}
    names = [(one.room, one.name) for one in [*made, *more]]
    assert len(set(names)) == len(names)


def test_the_pack_is_large_enough_and_small_enough(made) -> None:
    answers = [one for file in made for one in file.answers]
    assert len(answers) >= 3000
    assert sum(len(one.data) for one in [*made, *released(made)]) <= 20 << 20
    assert {one.assertion for one in answers} == set(ASSERTIONS) - {ASSERTION}
    assert len({file.name for file in made}) == len(made)


def test_names_and_addresses_are_those_of_documentation(made) -> None:
    """RFC 2606, RFC 5737, RFC 3849: nobody's own."""
    for file in made:
        for one in file.answers:
            if one.kind == "exchange" and "host" in one.expected:
                assert one.expected["host"].endswith(".example.com")


@pytest.mark.parametrize("kind", pictures.KINDS)
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (37, 21), (120, 90)])
def test_pictures_are_pictures(kind: str, size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(pictures.KINDS[kind](Draw("x"), *size))) as image:
        image.load()
        assert (image.format or "").lower() == kind
        assert image.size == size


@pytest.mark.parametrize("data", [b"", b"a", b"a" * 500, bytes(range(256)) * 3, bytes(9000)])
def test_what_is_deflated_is_inflated_by_others(data: bytes) -> None:
    assert zlib.decompress(deflate.zlibbed(data)) == data
    for stored in (True, False):
        assert zlib.decompress(deflate.deflated(data, stored=stored), -15) == data
    whole = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflate.deflated(data) + struct.pack("<II", zlib.crc32(data), len(data))
    assert gzip.decompress(whole) == data


def test_numbers_are_drawn_alike_everywhere() -> None:
    draw = Draw("seed")
    assert [draw.below(1000) for _ in range(3)] == [493, 900, 606]
    assert sorted(draw.shuffled(range(9))) == list(range(9))

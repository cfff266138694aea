"""The pack of `netaudit validate`: made without any reader, as shipped, and valid by other programs."""

from __future__ import annotations

import ast
import gzip
import io
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from netaudit.validate.certificate import ASSERTIONS
from netaudit.validate.judging import Answer
from netaudit.validate.running import PACK, unpack
from pcaps.validation import deflate, pictures
from pcaps.validation.cases import pack
from pcaps.validation.draw import Draw

GENERATORS = Path(pictures.__file__).parent


@pytest.fixture(scope="module")
def made():
    return pack()


def test_generators_import_only_the_standard_library_and_each_other() -> None:
    for path in set(GENERATORS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                own = name.startswith("pcaps.validation")
                assert own or name.partition(".")[0] in sys.stdlib_module_names, f"{path.name} imports {name}"


def test_the_shipped_pack_is_what_the_generators_make(made, tmp_path: Path) -> None:
    answers = unpack(tmp_path)
    with zipfile.ZipFile(PACK) as shipped:
        names = set(shipped.namelist()) - {"answers.json"}
    assert names == {f"{one.room}/{one.name}" for one in made}
    for one in made:
        assert (tmp_path / one.room / one.name).read_bytes() == one.data, one.name
    known = [one for file in made for one in file.answers]
    assert len(answers) == len(known) >= 3000
    assert {one.assertion for one in answers} == set(ASSERTIONS)
    first = known[0]
    assert answers[0] == Answer(first.assertion, first.capture, first.kind, list(first.about), first.expected)


def test_hosts_are_names_of_documentation(made) -> None:
    """RFC 2606: nobody's own."""
    hosts = [one.expected["host"] for file in made for one in file.answers if "host" in one.expected]
    assert hosts
    assert all(host.endswith(".example.com") for host in hosts)


@pytest.mark.parametrize("kind", pictures.KINDS)
@pytest.mark.parametrize("size", [(1, 1), (37, 21), (120, 90)])
def test_pictures_are_pictures(kind: str, size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(pictures.KINDS[kind](Draw("x"), *size))) as image:
        image.load()
        assert (image.format or "").lower() == kind
        assert image.size == size


@pytest.mark.parametrize("data", [b"", b"a" * 500, bytes(range(256)) * 3, bytes(9000)])
def test_deflated_data_is_inflated_by_zlib(data: bytes) -> None:
    assert zlib.decompress(deflate.zlibbed(data)) == data
    for stored in (True, False):
        assert zlib.decompress(deflate.deflated(data, stored=stored), -15) == data
    whole = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflate.deflated(data) + struct.pack("<II", zlib.crc32(data), len(data))
    assert gzip.decompress(whole) == data

"""Writings of an image that no codec knows, in bodies of requests that are read. Each gives a body and its type."""

from __future__ import annotations

import base64
import json
import quopri
import random
import struct
import zlib
from typing import TYPE_CHECKING

from pcaps.lab import photos
from tests.hostile.disguises import OPAQUE, Disguise

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT, JSON, FORM, XML = "text/plain", "application/json", "application/x-www-form-urlencoded", "application/xml"
_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_CRYPT = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHUFFLED = bytes(random.Random(3).sample(_STANDARD, len(_STANDARD)))


def _base64(data: bytes, alphabet: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=").translate(bytes.maketrans(_STANDARD, alphabet))


def _swapped(data: bytes) -> bytes:
    return b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))


def _nibbles(data: bytes) -> bytes:
    return bytes(0x61 + half for byte in data for half in (byte >> 4, byte & 15))


def _keyed(data: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[at % len(key)] for at, byte in enumerate(data))


def _value(text: bytes) -> bytes:
    return json.dumps({"device": "door 3", "note": text.decode("ascii"), "state": "all is well"}).encode()


def _short_values(text: bytes) -> bytes:
    pieces = [text[at : at + 48].decode("ascii") for at in range(0, len(text), 48)]
    return json.dumps({"device": "door 3", "lines": pieces}).encode()


def _element(text: bytes) -> bytes:
    return b'<?xml version="1.0"?><report><device>door 3</device><note>' + text + b"</note></report>"


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "backwards": lambda data: data[::-1],
    "halves exchanged": _swapped,
    "one of two empty": lambda data: b"".join(bytes([byte, 0]) for byte in data),
    "all less seven": lambda data: bytes((byte - 7) % 256 for byte in data),
    "sums of neighbours": lambda data: bytes((a + b) % 256 for a, b in zip(data, data[1:] + b"\0", strict=True)),
    "a key of two bytes": lambda data: _keyed(data, b"\x5a\xa7"),
    "a key of five bytes": lambda data: _keyed(data, b"\x13\x88\xc1\x2f\x70"),
    "bits turned": lambda data: bytes(int(f"{byte:08b}"[::-1], 2) for byte in data),
    "even bytes, then odd": lambda data: data[::2] + data[1::2],
    "deflate backwards": lambda data: zlib.compress(data)[::-1],
}
TEXTS: dict[str, Callable[[bytes], bytes]] = {
    "hexadecimal of C": lambda data: b", ".join(b"0x%02x" % byte for byte in data),
    "hexadecimal with colons": lambda data: data.hex(":").encode(),
    "hexadecimal with dashes": lambda data: data.hex("-").upper().encode(),
    "hexadecimal backwards": lambda data: data.hex()[::-1].encode(),
    "octal escapes": lambda data: b"".join(b"/%03o" % byte for byte in data),
    "escapes of x": lambda data: b"".join(b"x%02x," % byte for byte in data),
    "other percents": lambda data: b"".join(b"=%02X" % byte for byte in data),
    "letters for halves": _nibbles,
    "three digits each": lambda data: b"".join(b"%03d" % byte for byte in data),
    "digits with spaces": lambda data: b" ".join(b"%d" % byte for byte in data),
    "digits with signs": lambda data: b",".join(b"%d" % (byte - 128) for byte in data),
    "digits by their index": lambda data: b", ".join(b'"%d": %d' % one for one in enumerate(data)),
    "digits in lines": lambda data: b" ".join(b"%d;" % byte for byte in data),
    "bits": lambda data: b" ".join(b"%s" % format(byte, "08b").encode() for byte in data),
    "base64 of crypt": lambda data: _base64(data, _CRYPT),
    "base64 shuffled": lambda data: _base64(data, _SHUFFLED),
    "base64 backwards": lambda data: base64.b64encode(data)[::-1],
    "base64 behind a dot": lambda data: b"." + base64.b64encode(data),
    "base64 with dots": lambda data: b".".join(base64.b64encode(data)[at : at + 5] for at in range(0, len(data), 5)),
    "base64 of a key": lambda data: base64.b64encode(_keyed(data, b"\x5a\xa7")),
    "base85": base64.b85encode,
    "base32 of hex": base64.b32hexencode,
    "base32 in small letters": lambda data: base64.b32encode(data).lower(),
}  # fmt: skip
KEY = b"\x13\x88\xc1\x2f\x70"
COVER = photos.jpeg(photos.scene(7, (64, 48)), 7)  # nobody is on it


def _behind(data: bytes) -> bytes:
    return COVER + _keyed(data, KEY)


def _in_segments(data: bytes) -> bytes:
    text = _keyed(data, KEY)
    some = (text[at : at + 60_000] for at in range(0, len(text), 60_000))
    return COVER[:2] + b"".join(b"\xff\xe7" + struct.pack(">H", 2 + len(one)) + one for one in some) + COVER[2:]


def _in_chunks(data: bytes) -> bytes:
    text = b"viEW" + _keyed(data, KEY)
    picture = photos.encode(photos.scene(7, (64, 48)), "png")
    return picture[:33] + struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text)) + picture[33:]


WHOLE: dict[str, Disguise] = {
    "keyed, behind the end of a picture": lambda _, data: (_behind(data), "image/jpeg"),
    "keyed, in segments of a picture": lambda _, data: (_in_segments(data), "image/jpeg"),
    "keyed, in a chunk of a picture": lambda _, data: (_in_chunks(data), "image/png"),
    "escapes of a program": lambda _, data: (b"".join(b"\\x%02x" % byte for byte in data), TEXT),
    "characters of HTML": lambda _, data: (b"".join(b"&#%d;" % byte for byte in data), "text/html"),
    "characters of HTML in hexadecimal": lambda _, data: (b"".join(b"&#x%x;" % byte for byte in data), XML),
    "quoted-printable": lambda _, data: (quopri.encodestring(data), TEXT),
    "a character a byte": lambda _, data: (data.decode("latin-1").encode(), TEXT),
    "a character a byte in JSON": lambda _, data: (json.dumps({"a": data.decode("latin-1")}).encode(), JSON),
    "a braille character a byte": lambda _, data: ("".join(chr(0x2800 + byte) for byte in data).encode(), TEXT),
    "numbers as objects": lambda _, data: (json.dumps([{"b": byte} for byte in data]).encode(), JSON),
    "numbers in JSON with signs": lambda _, data: (json.dumps({"a": [byte - 128 for byte in data]}).encode(), JSON),
}
WRITINGS: dict[str, Disguise] = {
    **{name: lambda _, data, write=write: (write(data), OPAQUE) for name, write in BYTES.items()},
    **{name: lambda _, data, write=write: (write(data), TEXT) for name, write in TEXTS.items()},
    **{
        f"{name} in JSON": lambda _, data, write=write: (_value(write(data)), JSON) for name, write in TEXTS.items()
    },
    **{
        f"{name} in JSON, line by line": lambda _, data, write=write: (_short_values(write(data)), JSON)
        for name, write in TEXTS.items()
        if name.startswith("base64")
    },
    **{
        f"{name} in XML": lambda _, data, write=write: (_element(write(data)), XML)
        for name, write in TEXTS.items()
        if name.startswith(("hex", "digits"))
    },
    **{
        f"{name} in a form": lambda _, data, write=write: (b"device=3&note=" + write(data) + b"&end=1", FORM)
        for name, write in TEXTS.items()
        if name.startswith(("hex", "base32", "letters"))
    },
    **WHOLE,
}  # fmt: skip

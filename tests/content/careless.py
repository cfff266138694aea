"""One record of a visitor in the notations of careless senders, with a picture inside and without."""

from __future__ import annotations

import base64
import json
import struct
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from tests.content.samples import B64, FORM_HEAD, JPEG, form_part, multipart
from tests.spoken import number

if TYPE_CHECKING:
    from collections.abc import Callable

ID, NAME, PHONE = number(7), "张三", "13800138000"
Record = dict[str, Any]


class Variant(NamedTuple):
    """How a record is written: as which content type, and what makes the bytes of it."""

    name: str
    write: Callable[[Record], bytes]
    content_type: str = "application/json"


def record(*, pictured: bool) -> Record:
    said: Record = {"deviceId": "GATE-01", "customerName": NAME, "idCard": ID, "similarity": 0.93, "passed": True}
    return said | ({"photo": B64.decode()} if pictured else {}) | {"remark": None, "shotTime": "2026-06-01 10:20:30"}


def plain(said: Record, **given: Any) -> str:
    return json.dumps(said, ensure_ascii=False, **given)


def changed(old: str, new: str, **given: Any) -> Callable[[Record], bytes]:
    return lambda said: plain(said, **given).replace(old, new).encode()


def bare_keys(said: Record) -> str:
    return "{" + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items()) + "}"


def xml(said: Record, *, closed: bool = True, prefix: str = "") -> str:
    ends = {key: f"</{prefix}{key}>" if closed else "" for key in said}
    inner = "".join(f"<{prefix}{key}>{value}{ends[key]}" for key, value in said.items())
    return f"<{prefix}Visitor>{inner}</{prefix}Visitor>"


def attributes(said: Record) -> str:
    return "<Visitor " + " ".join(f"{key}={value}" for key, value in said.items() if key != "shotTime") + "/>"


def lines(said: Record, mark: str = "=", end: str = "\r\n") -> str:
    return end.join(f"{key}{mark}{'' if value is None else value}" for key, value in said.items())


def parts(said: Record, *, close: bool = True) -> bytes:
    """Fields of a form, the picture as a file."""
    heads = {key: b'Content-Disposition: form-data; name="%s"\r\n' % key.encode() for key in said if key != "photo"}
    some = [form_part(str(said[key]).encode(), head) for key, head in heads.items()]
    some += [form_part(JPEG, FORM_HEAD)] if "photo" in said else []
    return multipart(*some, close=close)


def bson(said: Record) -> bytes:
    """After bsonspec.org; pictures as binary."""
    out = b""
    for key, value in said.items():
        name = key.encode() + b"\0"
        if value is None:
            out += b"\x0a" + name
        elif isinstance(value, bool):
            out += b"\x08" + name + bytes([value])
        elif isinstance(value, float):
            out += b"\x01" + name + struct.pack("<d", value)
        elif isinstance(value, bytes):
            out += b"\x05" + name + struct.pack("<i", len(value)) + b"\0" + value
        else:
            out += b"\x02" + name + struct.pack("<i", len(value.encode()) + 1) + value.encode() + b"\0"
    return struct.pack("<i", len(out) + 5) + out + b"\0"


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def protobuf(said: Record) -> bytes:
    """Fields by number, a message in a message."""
    out = b""
    for place, value in enumerate(said.values(), 1):
        if isinstance(value, bool):
            out += varint(place << 3) + varint(value)
        elif isinstance(value, float):
            out += varint(place << 3 | 1) + struct.pack("<d", value)
        elif value is not None:
            data = value if isinstance(value, bytes) else value.encode()
            out += varint(place << 3 | 2) + varint(len(data)) + data
    return varint(1 << 3 | 2) + varint(len(out)) + out + b"\x10\x01"


def raw(said: Record) -> Record:
    """With the picture as bytes."""
    return said | ({"photo": JPEG} if "photo" in said else {})


def twice(said: Record) -> str:
    return json.dumps(plain(said), ensure_ascii=False)


def base64_of(said: Record) -> str:
    return base64.b64encode(plain(said).encode()).decode()


JSON, TEXT, BYTES = "application/json", "text/plain", "application/octet-stream"
FORM, XML = "application/x-www-form-urlencoded", "application/xml"
VARIANTS = (
    Variant("strict", lambda said: plain(said).encode()),
    Variant("trailing comma", changed("}", ",}")),
    Variant("comma before", changed('{"', '{,"')),
    Variant("two commas", changed(", ", ",, ")),
    Variant("no comma", changed(", ", "\n")),
    Variant("line comment", lambda said: ("// from the gate's \"left\" side\n" + plain(said)).encode()),
    Variant("line comment inside", changed("{", "{ // it's one\n")),
    Variant("block comment", changed("{", '{ /* "one */ ')),
    Variant("hash comment", lambda said: ("# it's one\n" + plain(said)).encode()),
    Variant("single quotes", changed('"', "'")),
    Variant("bare keys", lambda said: bare_keys(said).encode()),
    Variant("bare values", lambda said: plain(said).replace('"', "").encode()),
    Variant("equals signs", changed('": ', '" = ')),
    Variant("arrows", changed('": ', '" => ')),
    Variant("Python repr", lambda said: repr(said).encode(), TEXT),
    Variant("Python tuple", lambda said: repr((1, said)).encode(), TEXT),
    Variant("NaN", changed("null", "NaN")),
    Variant("undefined", changed("null", "undefined")),
    Variant("a call as value", changed("null", 'ISODate("2026-06-01T02:20:30Z")')),
    Variant("BOM", lambda said: b"\xef\xbb\xbf" + plain(said).encode()),
    Variant("two BOMs and a comma", lambda said: b"\xef\xbb\xbf" * 2 + plain(said).replace("}", ",}").encode()),
    Variant("GBK", lambda said: plain(said).encode("gbk")),
    Variant("GBK, trailing comma", lambda said: plain(said).replace("}", ",}").encode("gbk")),
    Variant("UTF-16", lambda said: plain(said).encode("utf-16")),
    Variant("JSONP", lambda said: f"cb_12({plain(said)});".encode(), "application/javascript"),
    Variant("JSONP, declared JSON", lambda said: f"/**/cb({plain(said)})".encode()),
    Variant("assignment", lambda said: f"var data = {plain(said)};".encode(), "application/javascript"),
    Variant("guard", lambda said: b")]}',\n" + plain(said).encode()),
    Variant("raw newline", changed("GATE-01", "GATE\n01\t")),
    Variant("quotes in a text", changed("GATE-01", 'the "left" gate')),
    Variant("bad escape", changed("GATE-01", r"D:\gate\x")),
    Variant("number with zeros", changed("0.93", "007")),
    Variant("plus sign", changed("0.93", "+.93")),
    Variant("cut by 2", lambda said: plain(said).encode()[:-2]),
    Variant("cut in a key", lambda said: plain(said).encode()[:-28]),
    Variant("no opening brace", lambda said: plain(said).encode()[1:]),
    Variant("one brace more", lambda said: plain(said).encode() + b"}"),
    Variant("wrong bracket", changed("}", "]}")),
    Variant("words behind", lambda said: plain(said).encode() + b"\nOK"),
    Variant("length in digits before", lambda said: b"%d\n%s" % (len(plain(said).encode()), plain(said).encode())),
    Variant("length in bytes before", lambda said: struct.pack(">I", len(plain(said).encode())) + plain(said).encode(), BYTES),
    Variant("length in bytes, trailing comma",
            lambda said: struct.pack("<I", 999) + plain(said).replace("}", ",}").encode(), BYTES),
    Variant("head in bytes before", lambda said: b"\xa5\x5a\x00\x01" + bytes(12) + plain(said).encode(), BYTES),
    Variant("NUL behind", lambda said: plain(said).encode() + b"\0"),
    Variant("lines of JSON", lambda said: b'{"seq": 1}\n' + plain(said).encode() + b'\n{"seq": 2}\n'),
    Variant("lines of JSON, the first careless", lambda said: b"{seq: 1,}\n" + plain(said).encode() + b'\n{"seq": 2}\n'),
    Variant("server-sent events", lambda said: f"event: visit\ndata: {plain(said)}\n\n".encode(), "text/event-stream"),
    Variant("in a text", lambda said: json.dumps({"payload": plain(said)}, ensure_ascii=False).encode()),
    Variant("in a text, careless", lambda said: json.dumps({"payload": repr(said)}, ensure_ascii=False).encode()),
    Variant("a text alone", lambda said: twice(said).encode()),
    Variant("base64 inside", lambda said: json.dumps({"payload": base64_of(said)}).encode()),
    Variant("base64 inside, trailing comma",
            lambda said: b'{"payload": "%s",}' % base64.b64encode(plain(said).replace("}", ",}").encode())),
    Variant("base64 alone", lambda said: base64_of(said).encode(), TEXT),
    Variant("XML", lambda said: xml(said).encode(), XML),
    Variant("XML unclosed", lambda said: xml(said, closed=False).encode(), XML),
    Variant("XML cut", lambda said: xml(said).encode()[:-6], XML),
    Variant("XML of an unknown prefix", lambda said: xml(said, prefix="v:").encode(), XML),
    Variant("XML, bare ampersand", lambda said: xml(said).replace("GATE-01", "A & B").encode(), XML),
    Variant("XML, crossed", lambda said: xml(said).replace("</passed>", "</pass>").encode(), XML),
    Variant("XML, attributes without quotes", lambda said: attributes(said).encode(), XML),
    Variant("XML, GBK", lambda said: b'<?xml version="1.0" encoding="GB2312"?>' + xml(said).encode("gbk"), XML),
    Variant("XML twice", lambda said: b'<?xml version="1.0"?><a>1</a><?xml version="1.0"?>' + xml(said).encode(), XML),
    Variant("form", lambda said: urlencode(said).encode(), FORM),
    Variant("form, not escaped", lambda said: lines(said, "=", "&").encode(), FORM),
    Variant("form, not declared", lambda said: urlencode(said).encode(), TEXT),
    Variant("form of JSON", lambda said: urlencode({"seq": 1, "data": plain(said)}).encode(), FORM),
    Variant("form of careless JSON", lambda said: urlencode({"data": repr(said)}).encode(), FORM),
    Variant("form with JSON alone", lambda said: quote(plain(said)).encode(), FORM),
    Variant("multipart", parts, "multipart/form-data; boundary=XyZ"),
    Variant("multipart without its end", lambda said: parts(said, close=False), "multipart/form-data; boundary=XyZ"),
    Variant("multipart of careless JSON",
            lambda said: multipart(form_part(repr(said).encode(), b'Content-Disposition: form-data; name="e"\r\n')),
            "multipart/form-data; boundary=XyZ"),
    Variant("lines of pairs", lambda said: lines(said).encode(), TEXT),
    Variant("lines with colons", lambda said: lines(said, ": ", "\n").encode(), TEXT),
    Variant("tabbed pairs", lambda said: lines(said, "=", "\t").encode(), TEXT),
    Variant("BSON", lambda said: bson(raw(said)), BYTES),
    Variant("BSON, base64 in it", bson, BYTES),
    Variant("protobuf", lambda said: protobuf(raw(said)), BYTES),
    Variant("protobuf, declared", lambda said: protobuf(raw(said)), "application/x-protobuf"),
)  # fmt: skip

"""The second derivation by dpkt: it confirms what is there, and says so when it is not."""

from __future__ import annotations

import ast
import base64
import gzip
import hashlib
import io
import json
from pathlib import Path

import dpkt
import numpy as np
import PIL.Image
import pyarrow as pa
import pytest

import netaudit
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.opinions import CONFIRMED, CONTRADICTED, NOT_FOUND
from netaudit.evidence.crosscheck import comparing
from netaudit.evidence.crosscheck.comparing import ask_dpkt
from netaudit.evidence.crosscheck.contents import contents
from netaudit.evidence.crosscheck.http1 import messages
from netaudit.evidence.crosscheck.reassembly import End, connections

CLIENT, SERVER = End(bytes([192, 168, 1, 9]), 4000), End(bytes([47, 96, 10, 20]), 80)
OWN = Path(comparing.__file__).parent


def picture(seed: int, form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (40, 40, 3), np.uint8)
    PIL.Image.fromarray(noise).save(out, form)
    return out.getvalue()


def post(body: bytes, content_type: str, more: str = "") -> bytes:
    head = f"POST /up HTTP/1.1\r\nHost: a.example\r\nContent-Type: {content_type}\r\n{more}"
    return head.encode() + (b"" if "chunked" in more else f"Content-Length: {len(body)}\r\n".encode()) + b"\r\n" + body


def multipart(data: bytes) -> bytes:
    return b'--xx\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n' + data + b"\r\n--xx--\r\n"


def requests() -> tuple[list[bytes], list[bytes]]:
    """Requests in many layouts and the image of each."""
    images = [picture(seed) for seed in range(6)]
    text = base64.b64encode(images[3]).decode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (images[5][:500], images[5][500:]))
    sent = [
        post(images[0], "image/jpeg"),
        post(multipart(images[1]), "multipart/form-data; boundary=xx"),
        post(json.dumps({"a": [{"b": "data:image/jpeg;base64," + base64.b64encode(images[2]).decode()}]}).encode(), "application/json"),
        post(f"<a><b>{text}</b></a>".encode(), "text/xml"),
        post(gzip.compress(images[4]), "image/jpeg", "Content-Encoding: gzip\r\n"),
        post(chunks + b"0\r\n\r\n", "image/jpeg", "Transfer-Encoding: chunked\r\n"),
    ]  # fmt: skip
    return sent, images


def capture(path: Path, stream: bytes, *, shuffle: bool = False, leave: int = -1) -> Path:
    """A connection that carries `stream` upwards in packets of 700 bytes; segment `leave` is not in the capture."""

    def segment(seq: int, flags: int, data: bytes) -> bytes:
        tcp = dpkt.tcp.TCP(sport=CLIENT.port, dport=SERVER.port, seq=seq % (1 << 32), flags=flags, data=data)
        return bytes(dpkt.ip.IP(src=CLIENT.ip, dst=SERVER.ip, p=6, data=tcp, len=40 + len(data)))

    start = (1 << 32) - 2000  # sequence numbers come round
    places = [at for at in range(0, len(stream), 700) if at // 700 != leave]
    if shuffle:
        places = [places[i ^ 1] if i ^ 1 < len(places) else places[i] for i in range(len(places))]
    packets = [segment(start - 1, dpkt.tcp.TH_SYN, b"")]
    packets += [segment(start + at, dpkt.tcp.TH_ACK, stream[at : at + 700]) for at in places]
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file, linktype=101)
        for number, packet in enumerate(packets):
            writer.writepkt(packet, 1_760_000_000 + number / 1000)
    return path


def derived(path: Path) -> list[set[str]]:
    """Digests of everything in each message."""
    (connection,) = connections(path, {frozenset((CLIENT, SERVER))})
    runs = connection[CLIENT, SERVER]
    return [
        {hashlib.sha256(data).hexdigest() for data in contents(one.body, one.content_type)}
        for run in runs
        for one in messages(run)
    ]


@pytest.mark.parametrize("shuffle", [False, True])
def test_images_are_found_in_every_layout(tmp_path, shuffle):
    sent, images = requests()
    found = derived(capture(tmp_path / "a.pcap", b"".join(sent), shuffle=shuffle))
    assert [hashlib.sha256(image).hexdigest() in held for image, held in zip(images, found, strict=True)] == [True] * 6


def test_a_hole_damages_its_message_only(tmp_path):
    sent, images = requests()
    found = derived(capture(tmp_path / "a.pcap", b"".join(sent), leave=1))
    held = [any(hashlib.sha256(image).hexdigest() in one for one in found) for image in images]
    assert held == [False, True, True, True, True, True]


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> netaudit.Case:
    folder = tmp_path_factory.mktemp("dpkt")
    path = capture(folder / "a.pcap", b"".join(requests()[0]))
    return netaudit.audit(path, folder / "case", faces=False)


def test_a_case_is_confirmed_and_stays_sealed(case):
    (row,) = ask_dpkt(case, images=True).findings
    assert (row["status"], row["objects"], row["counts"][CONFIRMED]) == (CONFIRMED, 6, 6)
    assert json.loads((case.folder / comparing.OPINION).read_bytes())["tool"].startswith("dpkt ")
    assert not integrity(case.folder).harmed


def test_an_image_in_a_head_is_left_and_told_so(tmp_path):
    _, (image, *_) = requests()
    stream = b"GET / HTTP/1.1\r\nHost: a.example\r\nCookie: s=" + base64.b64encode(image) + b"\r\n\r\n"
    case = netaudit.audit(capture(tmp_path / "a.pcap", stream), tmp_path / "case", faces=False)
    (opinion,) = ask_dpkt(case, images=True).document()["objects"].values()
    assert opinion["status"] == "not confirmable"
    assert opinion["reason"] == "opinion_in_head"


def test_bytes_that_are_not_there_are_contradicted(case, monkeypatch):
    """A case that claims other bytes for one image, and another connection for all."""
    told = case.table

    def claims(name, columns=None):
        rows = told(name, columns)
        if name == "objects" and "sha256" in rows.column_names:
            at = rows.column_names.index("sha256")
            others = [hashlib.sha256(digest.encode()).hexdigest() for digest in rows["sha256"].to_pylist()]
            return rows.set_column(at, "sha256", pa.array(others))
        return rows

    monkeypatch.setattr(case, "table", claims)
    (row,) = ask_dpkt(case, images=True).findings
    assert row["status"] == CONTRADICTED
    # of XML it is not said that all ways are followed, so this one is only not found
    assert (row["counts"][CONTRADICTED], row["counts"][NOT_FOUND]) == (5, 1)


def test_the_derivation_knows_nothing_of_netaudit():
    for name in ("reassembly", "http1", "contents"):
        tree = ast.parse((OWN / f"{name}.py").read_text("utf-8"))
        froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert all(
            one.startswith("netaudit.evidence.crosscheck.") for one in froms | plain if one.startswith("netaudit")
        ), name


def test_a_message_is_held_against_objects_near_it_only() -> None:
    """A hundred thousand objects in one connection: each message met all of them."""
    some = [
        comparing.Asked(f"{n}", "", 1, "", first_frame=3 * n, last_frame=3 * n + 1, source=CLIENT, target=SERVER)
        for n in range(100_000)
    ]
    order = comparing.InOrder.of(list(reversed(some)))
    assert [one.object_id for one in order.sharing(300, 304)] == ["101", "100"]
    assert not list(order.sharing(302, 302))
    looked = iter(order.sharing(0, 299_998))
    assert next(looked).object_id == "99999"
    whole = comparing.InOrder.of([*some, some[0]._replace(object_id="whole", last_frame=400_000)])
    assert "whole" in {one.object_id for one in whole.sharing(302, 302)}

"""Parts in the way of the faces: from sure classes and from the images that were moved."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import BY_NAME
from netaudit.findings.image_chain import Moved, Moves, parts, with_chain
from netaudit.findings.transfers import transfers

CAMERA, SERVER, PC, PHONE, CLOUD = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "47.0.0.1"


A, B, X = 1, 2, 3  # images


def told(kind: str, moved: Moved, way: frozenset[int | str] = frozenset(), confidence: str = "strong") -> list[str]:
    return [part for part, _, _ in parts({"class": kind, "class_confidence": confidence}, moved, set(way))]


@pytest.mark.parametrize(
    ("kind", "moved", "expected"),
    [
        ("face_capture_camera", Moved(), ["captures"]),
        ("id_terminal", Moved(pushed={A}), ["verifies"]),
        ("ip_camera", Moved(), []),
        ("ip_camera", Moved(pushed={A}), ["captures"]),
        ("ip_camera", Moved(given={A}), []),  # a snapshot that somebody fetched
        ("", Moved(taken={A}, pushed={A, B}), ["relays"]),
        ("", Moved(taken={A}, pushed={B}), []),
        ("face_server", Moved(taken={A}, pushed={A}, given={A}), ["relays", "stores"]),
        ("", Moved(given={X}), []),  # a web server with pictures
        ("", Moved(given={A}), ["stores"]),
        ("pc", Moved(fetched={"10.0.0.2": {X}}), ["views"]),
        ("pc", Moved(fetched={"47.9.9.9": {X}}), []),  # a picture of somewhere else
        ("pc", Moved(fetched={"47.9.9.9": {A}}), ["views"]),
    ],
)
def test_rules(kind: str, moved: Moved, expected: list[str]) -> None:
    assert told(kind, moved, frozenset({A, SERVER})) == expected


def test_a_weak_class_gives_no_part() -> None:
    assert told("face_capture_camera", Moved(pushed={A}), confidence="weak") == []


def filled(name: str, rows: list[dict]) -> pa.Table:
    columns = {column.name: [row.get(column.name) for row in rows] for column in BY_NAME[name].columns}
    return pa.table(columns, schema=BY_NAME[name].schema())


def _hex(name: str) -> str:
    return name.encode().hex().zfill(15)


def moves(*ways: tuple[str, str, str, str]) -> dict[str, pa.Table]:
    """(client, server, direction, image) as tables."""
    flows, messages, objects = [], [], []
    for number, (client, server, direction, sha256) in enumerate(ways):
        flows.append(
            {"flow_id": f"f{number}", "client_ip": client, "server_ip": server, "server_port": 80, "transport": "tcp"}
        )
        messages.append(
            {"message_id": f"m{number}", "flow_id": f"f{number}", "direction": direction, "host": "", "path": "/"}
        )
        objects.append(
            {"object_id": f"o{number}", "message_id": f"m{number}", "sha256": _hex(sha256), "size": 1, "complete": True}
        )
    images = [{"sha256": _hex(sha256), "face": "yes"} for sha256 in sorted({way[3] for way in ways})]
    rows = {"flows": flows, "messages": messages, "objects": objects, "images": images}
    return {name: filled(name, of) for name, of in rows.items()}


def seen(tables: dict[str, pa.Table]) -> Moves:
    found = Moves(lambda ip, _: ip)
    for _ in found.seen(transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"])):
        pass
    return found


def test_a_whole_office() -> None:
    kinds = {CAMERA: "face_capture_camera", SERVER: "", PC: "pc", PHONE: "phone"}
    devices = filled(
        "devices",
        [{"device_id": ip, "ips": [ip], "class": kind, "class_confidence": "strong"} for ip, kind in kinds.items()],
    )
    tables = moves(
        (CAMERA, SERVER, "up", "face"), (SERVER, CLOUD, "up", "face"), (PC, SERVER, "down", "face"),
        (PHONE, CLOUD, "up", "selfie"), (PHONE, "47.9.9.9", "down", "news"), (PC, "47.9.9.9", "down", "news"),
    )  # fmt: skip
    devices, claims = with_chain(devices, filled("claims", []), seen(tables))
    assert dict(zip(devices["device_id"].to_pylist(), devices["chain"].to_pylist(), strict=True)) == {
        CAMERA: ["captures"], SERVER: ["relays", "stores"], PC: ["views"], PHONE: [],
    }  # fmt: skip
    why = {(row["device_id"], row["value"]): row["facts"] for row in claims.to_pylist()}
    assert why[SERVER, "relays"] == ["face images=1"]
    assert why[SERVER, "stores"] == ["face images=1", "of those sent to it before=1"]
    assert {row["standing"] for row in claims.to_pylist()} == {"taken"}


def test_images_that_were_not_judged_count_and_say_so() -> None:
    devices = filled("devices", [{"device_id": SERVER, "ips": [SERVER], "class": "", "class_confidence": "unknown"}])
    tables = moves((CAMERA, SERVER, "up", "x"), (SERVER, CLOUD, "up", "x"))
    tables["images"] = filled("images", [{"sha256": _hex("x"), "face": "not judged"}])
    _, claims = with_chain(devices, filled("claims", []), seen(tables))
    assert claims["facts"].to_pylist() == [["images, faces not judged=1"]]
    tables["images"] = filled("images", [{"sha256": _hex("x"), "face": "no"}])
    assert with_chain(devices, filled("claims", []), seen(tables))[1].num_rows == 0

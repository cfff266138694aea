"""ZKTeco push, ID scanners, Walos terminals and Sophon boxes (facts 5.7, 5.11)."""

from __future__ import annotations

from typing import Any

from people import LI, ZHANG, card, face
from talk import CLOUD, Ask, b64, post
from truth import event, masked

SECONDS, UTC = 1748744100, "2025-06-01T02:15:00Z"
Script = tuple[list[Ask], list[dict[str, Any]]]


def zkteco() -> Script:
    """ADMS push: options, records, photos."""
    serial, kind = "EXAMPLE0001", {"Content-Type": "application/push;charset=UTF-8"}

    def told(query: str, body: bytes) -> Ask:
        return Ask("POST", f"/iclock/cdata?SN={serial}&{query}", body, kind, b"OK", port=8086, address=CLOUD)

    def photo(name: str, data: bytes) -> bytes:
        return f"PIN={name}.jpg\nSN={serial}\nsize={len(data)}\nCMD=realupload\0".encode() + data

    template = f"BIOPHOTO PIN=17\tFileName=17.jpg\tType=9\tSize={len(card(353))}\tContent={b64(card(353))}\n"
    asks = [
        Ask("GET", f"/iclock/cdata?SN={serial}&options=all&pushver=2.4.1", reply=b"OK", port=8086, address=CLOUD),
        Ask("GET", f"/iclock/getrequest?SN={serial}", reply=b"OK", port=8086, address=CLOUD),
        told("table=ATTLOG&Stamp=1", b"17\t2025-06-01 10:15:00\t0\t15\t0\n"),
        told("table=ATTPHOTO&Stamp=1", photo("20250601101500-17", face(351))),
        told("table=ATTPHOTO&Stamp=2", photo("20250601101600", face(352))),
        told("table=BIOPHOTO&Stamp=3", template.encode()),
    ]
    device = {"device": serial}
    events = [
        event("heartbeat", "zkteco-options", **device),
        event("heartbeat", "zkteco-poll", **device),
        event("comparison", "zkteco-attendance", **device, shot_time=UTC),
        event("comparison", "zkteco-photo", **device, shot_time=UTC, images={"face": face(351)}),
        event("comparison", "zkteco-photo", **device, shot_time="2025-06-01T02:16:00Z", images={"face": face(352)}),
        event("enrolment", "zkteco-biophoto", **device, images={"library_photo": card(353)}),
    ]
    return asks, events


def others() -> Script:
    """ID scanners, Walos terminals, Sophon boxes."""
    scan = {"deviceCode": "scan-1", "type": "NI", "id": ZHANG.number, "name": ZHANG.name, "birthday": ZHANG.birthday}
    scan |= {"validFromDate": "2015-01-01", "validToDate": "2035-01-01", "authority": "示例局", "address": "示例路一号"}
    scan |= {"nation": "汉", "gender": "M", "photo": b64(card(361))}
    walos = {"seqnum": 7, "timestamp": SECONDS, "event": "face", "device-id": "wa-1", "ip-addr": "10.99.0.2"}
    walos |= {"uid": "0000000000000000", "score": 12.5, "sharp": 0.8}
    box = {"identity_id": "17", "identity_name": LI.name, "group_name": "visitors", "reg_pic": b64(card(362))}
    box |= {"timestamp": SECONDS, "score": 0.91, "ext_data": {"device_ip": "10.99.0.9", "spot_pic": b64(face(362))}}
    asks = [
        post("/idcard/push", scan, {"code": 0}, address=CLOUD, port=8087),
        post("/api/v3.0/event", walos, {"code": 0}, address=CLOUD, port=8087),
        post("/box/event", box, {"code": 0}, address=CLOUD, port=8087),
    ]
    events = [
        event(
            "id_verification",
            "idscan-push",
            device="scan-1",
            person=masked(ZHANG, "name", "id_number", "birthday"),
            images={"id_photo": card(361)},
        ),
        event("face_capture", "walos-event-stranger", device="wa-1", shot_time=UTC, score=12.5),
        event(
            "comparison",
            "sophon-recognition",
            device="10.99.0.9",
            shot_time=UTC,
            person=masked(LI, "name"),
            score=0.91,
            images={"face": face(362), "library_photo": card(362)},
        ),
    ]
    return asks, events

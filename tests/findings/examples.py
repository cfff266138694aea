"""Tables made by hand: cases with one thing in them each, by name."""

from __future__ import annotations

import functools

import pyarrow as pa

from netaudit.core.contracts.judgements import LEAVES_CUT, STOPPED
from netaudit.core.schema import BY_NAME
from netaudit.devices.endpoints.declared import DECLARED
from netaudit.findings.ledgers import Run, ledger_table
from tests.findings.kinds import rule_of

LAN = Run(side="lan", signatures={"devices": 3, "services": 2})
CAM, CLOUD = "192.168.1.20", "47.96.10.20"
LINK = "08:54:11:2a:61:0e"  # of the camera


def filled(**rows):
    """All tables of a case, those named with these rows."""
    return {name: pa.Table.from_pylist(rows.get(name, []), schema=table.schema()) for name, table in BY_NAME.items()}


def finding(act, certainty, **more):
    row = {"finding_id": f"F{act}{certainty}", "act": act, "certainty": certainty, "sender": CAM, "receiver": CLOUD}
    ends = ("receiver", "sender") if more.get("sender") == CLOUD else ("sender", "receiver")
    devices = {f"{ends[0]}_device": LINK, f"{ends[1]}_device": CLOUD}
    return row | devices | {"images": 3, "bytes": 1500, "rule": rule_of(act, certainty)} | more


def record(act, certainty, **more):
    return finding(act, certainty, images=0, records=4, persons=2, person_hmacs=["p1", "p2"], transfers=3) | more


def capture(**more):
    row = {"capture_id": "c", "name": "lan.pcap", "size": 9, "packets_read": 5, "packets_decoded": 5, "damage": []}
    return row | more


def flow(**more):
    row = {name: 0 for name in BY_NAME["flows"].names if name.endswith(("_up", "_down")) and name != "bursts_up"}
    return row | {"flow_id": "f", "transport": "tcp", "protocol": "http", "server_port": 80} | more


def case(run=LAN, **rows):
    """The same with its ledgers, from one sound capture where none is named."""
    tables = filled(**({"captures": [capture()]} | rows))
    tables["ledgers"] = ledger_table(tables, run)
    return tables


VANTAGE = {"capture_id": "c", "seconds": 60.0, "exchanges": 9, "devices": 8, "heard": 2, "port_of": ""}


MARKED = {
    "captures": [capture(first_ts=10**9, last_ts=600 * 10**9)],
    "moments": [{"moment_id": f"m{k}", "ts": (60 * k + 60) * 10**9, "text": "pass"} for k in range(4)],
    "devices": [{"device_id": LINK, "role_hint": "capture device"}],
}  # four marked passes, a minute from each other, after which nothing left


HIKVISION = [{"device_id": LINK, "role_hint": "capture device", "vendor": "Hikvision"}]
MOVED_HERE = {
    "findings": [finding("moved inside", "A", sender_device=LINK, object_ids=[f"o{k}" for k in range(12)])],
    "objects": [{"object_id": f"o{k}", "size": 20_000 if k else 5_000} for k in range(12)],
}  # twelve pictures, eleven of which would show encrypted


def opened(ledger, reason, **more):
    """A case with one open row in a ledger whose own rows cannot be open."""
    tables = case()
    row = {"ledger": ledger, "subject": "x", "reason": reason, "count": 2, "bytes": None, "understood": False} | more
    extra = pa.Table.from_pylist([row], schema=BY_NAME["ledgers"].schema())
    return tables | {"ledgers": pa.concat_tables([tables["ledgers"], extra])}


def image(face, **more):
    return {"sha256": f"{face}{more}", "kind": "jpeg", "face": face, "why": "", "complete": True, "size": 10} | more


def relay_test(**more):
    row = {
        "holder": CAM,
        "sender": CAM,
        "receiver": CLOUD,
        "standing": "claimed",
        "told": 0,
        "p": 0.001,
        "p_model": 1e-5,
    }
    return row | more


def note(text):
    return {"message_id": "m", "notes": [text]}


ACTS = {
    "uploaded": "uploaded outside", "retrieved": "retrieved from outside", "delivered": "delivered from outside",
    "moved": "moved inside",
}  # fmt: skip


def _counted(what, act):
    ends = {"sender": CLOUD, "receiver": CAM} if act.endswith("from outside") else {}
    rule = "biometric-template-in-clear/1" if what == "templates" else "person-in-clear/1"
    return case(findings=[finding(act, "B", images=0, rule=rule, **{what: 2}, **ends)])


UPLOADS = [
    {"sender": "", "receiver": "", "name": "", "uploads": 7, "devices": 2, "shape": ""},
    {"sender": CAM, "receiver": CLOUD, "name": "", "uploads": 71, "devices": 1, "shape": "events"},
]
EXAMPLES = {
    "contested": lambda: case(findings=[finding("uploaded outside", "B", role_reason="contested_alone?agent=x")]),
    "contested_inside": lambda: case(Run(side="lan", contested={"47.96.0.0/16": DECLARED})),
    "contested_addresses": lambda: case(Run(side="lan", contested={"::/0": "router advertisement"})),
    "contradictions": lambda: opened("contradictions", "conflict"),
    "one_port": lambda: case(vantages=[VANTAGE | {"port_of": "aa:bb:cc:00:00:01"}]),
    "heard": lambda: case(vantages=[VANTAGE]),
    "clock_off": lambda: case(vantages=[VANTAGE | {"clock_off_s": -3600.0, "clock_by": "NTP", "clock_servers": 1}]),
    "bounds": lambda: opened("bounds", "not compared"),
    "evicted": lambda: opened("evicted", "cut_short"),
    "unattributed": lambda: opened("apart", "sender cannot be told"),
    "numbers_alone": lambda: opened("apart", "numbers alone"),
    "numbers_unchecked": lambda: opened("apart", "numbers called so"),
    "numbers_own": lambda: opened("apart", "one person's number"),
    "numbers_by_chance": lambda: opened("apart", "numbers as chance gives"),
    "told_apart": lambda: opened("apart", "face images"),
    "faces_apart": lambda: opened("faces", "possible face"),
    "left_unread": lambda: opened("egress", "opaque", bytes=50_000),
    "names": lambda: opened("names", "names nobody would read", bytes=50_000),
    "not_understood": lambda: opened("understanding", "not at all"),
    "not_learned": lambda: case(Run(side="lan", cut={LEAVES_CUT: 2})),
    "documents": lambda: opened("documents", "not understood to its end", bytes=400),
    "left": lambda: case(findings=[finding("uploaded outside", "A"), finding("uploaded outside", "B")]),
    "retrieved": lambda: case(findings=[finding("retrieved from outside", "A", sender=CLOUD, receiver=CAM)]),
    "delivered": lambda: case(findings=[finding("delivered from outside", "A", sender=CLOUD, receiver=CAM)]),
    "identity_left": lambda: case(findings=[record("uploaded outside", "A", with_identity=2, images=3)]),
    "identity_retrieved": lambda: case(findings=[record("retrieved from outside", "A", sender=CLOUD, receiver=CAM)]),
    "identity_delivered": lambda: case(findings=[record("delivered from outside", "A", sender=CLOUD, receiver=CAM)]),
    "identity_moved": lambda: case(findings=[record("moved inside", "B")]),
    **{
        f"{what}_{kind}": functools.partial(_counted, what, act)
        for what in ("templates", "contacts")
        for kind, act in ACTS.items()
    },
    "posters": lambda: opened("posters", "alike for hours", understood=True),
    "templates": lambda: opened("templates", "like a template"),
    "nothing_seen": lambda: case(images=[image("no")]),
    "nothing_seen_but_uploads": lambda: case(images=[image("no")], upload_counts=UPLOADS),
    "uploads_unjudged": lambda: case(images=[image("no"), image("undecodable")], upload_counts=UPLOADS),
    "nothing_seen_so_far": lambda: case(images=[image("no"), image("undecodable")]),
    "matched_sharply": lambda: case(findings=[finding("uploaded outside", "C")]),
    "following": lambda: case(
        findings=[finding("uploaded outside", "D", images=0, rule="follow-pictures/1")],
        relay_tests=[relay_test(standing="go together", mode="following", fitting=60, images=60, units=61, window_s=3)],
    ),
    "calibrated": lambda: case(relayed_images=[{"sha256": "0", "opened": one} for one in ("found", "found", "absent")]),
    "unmatched": lambda: case(
        relay_tests=[{"holder": CAM, "sender": CAM, "receiver": CLOUD, "standing": "by chance", "longest_s": 300}],
    ),
    "together": lambda: case(
        findings=[finding("uploaded outside", "D", images=0, rule="go-together/1")],
        relay_tests=[relay_test(standing="go together", mode="padded", fitting=34, images=44, units=50)],
    ),
    "counted": lambda: case(
        findings=[finding("uploaded outside", "D", images=0)],
        upload_counts=[{"sender": CAM, "receiver": CLOUD, "name": "", "uploads": 71, "shape": "events"}],
    ),
    "tied": lambda: case(
        moment_tests=[
            {
                "sender": CAM,
                "receiver": CLOUD,
                "name": "",
                "window_s": 3,
                "moments": 7,
                "followed": 6,
                "standing": "claimed",
                "p": 0.001,
                "p_model": 1e-8,
            }
        ]
    ),
    "unfollowed": lambda: case(**MARKED),
    "as_made": lambda: case(Run(side="lan", pushes={"Hikvision": 6}), **MARKED | {"devices": HIKVISION}),
    "as_seen": lambda: case(**MARKED | MOVED_HERE),
    "opened": lambda: case(
        flows=[flow(protocol="tls", keys="opened")], findings=[finding("uploaded outside", "A", opened=["x"])]
    ),
    "keys": lambda: case(flows=[flow(protocol="tls", keys="keys do not fit")]),
    "hidden": lambda: case(findings=[finding("uploaded outside", "D", images=0)]),
    "moved": lambda: case(findings=[finding("moved inside", "A")]),
    "video": lambda: case(findings=[finding("video", "B", receiver="192.168.1.30")]),
    "video_left": lambda: case(
        findings=[finding("video", "B", flow_ids=["f"])],
        endpoints=[{"ip": CLOUD, "scope": "outside"}],
        messages=[{"message_id": f"m{n}", "flow_id": "f", "protocol": "rtp", "body_size": 9} for n in range(3)],
    ),
    "interrupted": lambda: case(Run(side="lan", interrupted=True, read=[4])),
    "judging_interrupted": lambda: case(
        Run(side="lan", stopped=True), images=[image("yes"), image("not judged", why=STOPPED)]
    ),
    "no_packets": lambda: case(captures=[capture(packets_read=0, packets_decoded=0)]),
    "none_decoded": lambda: case(captures=[capture(packets_decoded=0)]),
    "no_vantage": lambda: case(Run()),
    "unjudged": lambda: case(images=[image("yes"), image("not judged", why="image_no_helper?inner=helper_ended")]),
    "key_frames": lambda: case(messages=[note("video not decoded: PyAV is not installed")]),
    "inputs": lambda: case(Run(side="lan", rejected=[{"name": "b.pcap", "problem": "is a directory"}])),
    "signatures": lambda: opened("signatures", "failed"),
    "outside_period": lambda: case(
        captures=[capture(packets_decoded=3)], skipped=[{"capture_id": "c", "reason": "outside_period", "packets": 2}]
    ),
    "readers": lambda: case(Run(side="lan", failures=["http reader: IndexError in flow 00"])),
    "undecoded": lambda: case(
        captures=[capture(packets_decoded=3)], skipped=[{"capture_id": "c", "reason": "malformed_ip", "packets": 2}]
    ),
    "dropped": lambda: case(captures=[capture(drops=7)]),
    "missing": lambda: case(flows=[flow(missing_up=700)]),
    "limits": lambda: case(messages=[note("limit: parts"), note("body over 64 MiB: only the first part kept")]),
    "payload": lambda: case(flows=[flow(protocol="tls", payload_up=100, delivered_up=100, unread_up=60)]),
    "incomplete": lambda: case(images=[image("yes", complete=False)]),
}

"""From tables to findings: act, certainty, role; and what is no finding."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import BY_NAME, FLOWS, IMAGES, MESSAGES, OBJECTS
from netaudit.devices.endpoints.vantage import Evidence
from netaudit.devices.endpoints.vantage import judge as judge_vantage
from netaudit.findings import personal
from netaudit.findings import transfers as passing
from netaudit.findings.from_tables import judge
from netaudit.findings.personal import Calling, is_personal_agent
from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, SERVER, UNKNOWN, VIEWER, Behaviour, role
from netaudit.findings.transfers import transfers
from netaudit.findings.uploads import display_filter
from tests.wording import english

CAM, SERVER_IP, CLOUD, PHONE, NEWS = "192.168.1.20", "192.168.1.2", "47.96.10.20", "192.168.1.50", "101.1.1.1"
VANTAGE = judge_vantage(Evidence([(CAM, CLOUD), (CAM, SERVER_IP)], [], [("02:00:00:00:00:02", CAM)], [], [], 0))


def tables(*moves: dict[str, object]) -> dict[str, pa.Table]:
    """Each move is one image: client, server, up, face, complete, agent, path, sha."""
    flows, messages, objects, images = {}, [], [], {}
    for number, move in enumerate(moves):
        client, server = str(move["client"]), str(move["server"])
        flow = f"{client}-{server}"
        flows[flow] = {
            "flow_id": flow,
            "capture_id": "c",
            "client_mac": f"02:00:00:00:00:{len(client):02x}",
            "server_mac": "02:00:00:00:00:01",
            "packets_up": 9,
            "packets_down": 9,
            "payload_up": 900,
            "payload_down": 90,
            "handshake": "SA",
            "first_ts": number,
            "client_ip": client,
            "server_ip": server,
            "server_port": 80,
            "transport": "tcp",
            "protocol": "http",
        }
        sha = str(move.get("sha", f"{number:064x}"))
        up = move.get("up", True)
        messages.append(
            {"message_id": f"m{number}", "flow_id": flow, "capture_id": "c", "direction": "up" if up else "down", "host": move.get("host", ""),
             "protocol": move.get("protocol", "http"), "path": move.get("path", "/up"), "user_agent": move.get("agent", ""), "first_ts": number, "last_ts": number + 1}
        )  # fmt: skip
        objects.append(
            {
                "object_id": f"o{number}",
                "message_id": f"m{number}",
                "sha256": sha,
                "size": 1000,
                "complete": move.get("complete", True),
            }
        )
        images[sha] = {
            "sha256": sha,
            "face": move.get("face", "yes"),
            "decodable": move.get("decodable", True),
            "problem": "",
            "complete": True,
        }
    return {
        "flows": pa.Table.from_pylist(list(flows.values()), schema=FLOWS.schema()),
        "messages": pa.Table.from_pylist(messages, schema=MESSAGES.schema()),
        "objects": pa.Table.from_pylist(objects, schema=OBJECTS.schema()),
        "images": pa.Table.from_pylist(list(images.values()), schema=IMAGES.schema()),
    }


def judged(given: dict[str, pa.Table], shared: frozenset[str] = frozenset(), scope=VANTAGE.scope) -> pa.Table:
    moved = transfers(given["objects"], given["images"], given["messages"], given["flows"])
    return judge(given, moved, scope, shared).findings


def rows(*moves: dict[str, object]) -> list[dict[str, object]]:
    return judged(tables(*moves)).drop_columns(["first_ts", "last_ts"]).to_pylist()


def test_a_camera_uploads_outside() -> None:
    (found,) = rows(*({"client": CAM, "server": CLOUD, "path": "/VIID/Faces"} for _ in range(3)))
    assert (found["certainty"], found["act"], found["sender"], found["endpoint_id"]) == (
        "A",
        "uploaded outside",
        CAM,
        CLOUD,
    )
    assert (found["images"], found["distinct_images"], found["sender_role"]) == (3, 3, CAPTURE)


def test_damaged_is_b_and_apart_from_a() -> None:
    found = rows({"client": CAM, "server": CLOUD}, {"client": CAM, "server": CLOUD, "complete": False})
    assert [row["certainty"] for row in found] == ["A", "B"]


@pytest.mark.parametrize("face", ["no", "possible", "undecodable", "not judged"])
def test_no_face_no_finding(face: str) -> None:
    assert rows({"client": CAM, "server": CLOUD, "face": face}) == []


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
MAKERS, RANDOM = "08:54:11:2a:61:0e", "9a:21:5e:0c:77:31"  # link addresses
PUSH = {"client": CAM, "server": CLOUD}
PAGE = {"client": CAM, "server": NEWS, "up": False, "agent": IPHONE, "face": "no"}


def test_a_visitors_selfie_is_no_finding() -> None:
    page = {"client": PHONE, "server": NEWS, "up": False, "agent": IPHONE, "face": "no"}
    assert rows({"client": PHONE, "server": CLOUD, "agent": IPHONE}, page) == []


def with_links(given: dict[str, pa.Table], link: str) -> dict[str, pa.Table]:
    place = given["flows"].schema.get_field_index("client_mac")
    links = pa.array([link] * given["flows"].num_rows)
    held = {"device_id": link or CAM, "ip": CAM, "mac": link, "from_ts": 0, "to_ts": 10, "by": ["frames"]}
    return given | {
        "flows": given["flows"].set_column(place, given["flows"].schema.field(place), links),
        "bindings": pa.Table.from_pylist([held], schema=BY_NAME["bindings"].schema()),
    }


def unanswered(given: dict[str, pa.Table], server: str) -> dict[str, pa.Table]:
    flows = given["flows"].to_pylist()
    for row in flows:
        if row["server_ip"] == server:
            row |= {"packets_down": 0, "payload_down": 0}
    return given | {"flows": pa.Table.from_pylist(flows, schema=FLOWS.schema())}


@pytest.mark.parametrize(
    ("moves", "link", "grades"),
    [
        ([PUSH], MAKERS, ["A"]),
        ([PUSH, PAGE], MAKERS, ["B"]),  # one fact: it may be a visitor's own
        ([PUSH | {"agent": IPHONE}], MAKERS, ["B"]),
        ([PUSH | {"agent": IPHONE, "path": "/VIID/Faces"}], RANDOM, ["A"]),  # what it does speaks against it
        ([PUSH | {"agent": IPHONE}], RANDOM, []),  # two facts: told apart
        ([PUSH | {"agent": IPHONE}, PAGE], MAKERS, []),  # of two exchanges
        # a Windows that a phone names says nothing: its connections would not begin as a phone's
        ([PUSH | {"agent": IPHONE}, PAGE | {"agent": "Mozilla/5.0 (Windows NT 10.0)"}], RANDOM, []),
    ],
)
def test_a_user_agent_alone_hides_nothing(moves, link, grades) -> None:
    found = judged(with_links(tables(*moves), link))
    assert found["certainty"].to_pylist() == grades
    assert all(english(why).startswith("contested: ") for why in found["role_reason"].to_pylist() if grades == ["B"])


def test_what_nobody_answered_says_nothing_of_a_device() -> None:
    found = judged(unanswered(with_links(tables(PUSH, PAGE), MAKERS), NEWS))
    assert found["certainty"].to_pylist() == ["A"]


def test_what_nobody_took_is_b_and_so_is_what_the_capture_cannot_show() -> None:
    given = with_links(tables(PUSH, *({"client": PHONE, "server": NEWS, "face": "no"} for _ in range(3))), MAKERS)
    (found,) = judged(unanswered(given, CLOUD)).to_pylist()
    assert (found["certainty"], found["doubts"]) == ("B", ["unanswered"])
    (found,) = judged(unanswered(unanswered(given, CLOUD), NEWS)).to_pylist()
    assert (found["certainty"], found["doubts"]) == ("B", ["one direction"])
    bare = given["flows"].set_column(
        given["flows"].schema.get_field_index("client_mac"),
        FLOWS.schema().field("client_mac"),
        pa.array([""] * given["flows"].num_rows),
    )
    bare = bare.set_column(
        bare.schema.get_field_index("server_mac"), FLOWS.schema().field("server_mac"), pa.array([""] * bare.num_rows)
    )
    (found,) = judged(given | {"flows": bare}).to_pylist()
    assert (found["certainty"], found["doubts"]) == ("B", ["no link layer"])


def test_what_had_just_come_from_outside_is_b() -> None:
    found = rows({"client": CAM, "server": NEWS, "up": False, "sha": "ab" * 32}, PUSH | {"sha": "ab" * 32})
    (sent,) = [row for row in found if row["act"] == "uploaded outside"]
    assert (sent["certainty"], sent["doubts"]) == ("B", ["came from outside"])


@pytest.mark.parametrize(
    ("facts", "agent", "grades"),
    [
        (["dhcp.vendor_class=HUAWEI:android"], "", ["A"]),  # asked for, and nobody answered
        (["mdns.hostname=my-iPhone"], "", ["B"]),  # an announcement that anybody can make in its name
        (["mdns.hostname=my-iPhone"], IPHONE, []),
        (["http_client.user_agent=iPhone"], IPHONE, ["B"]),  # the same word twice
    ],
)
def test_an_inventory_made_of_announcements_hides_nothing(facts, agent, grades) -> None:
    device = {
        "device_id": MAKERS,
        "ips": [CAM],
        "class": "phone",
        "class_confidence": "strong",
        "role_hint": PERSONAL_DEVICE,
    }
    claim = {"device_id": MAKERS, "claim": "class", "value": "phone", "standing": "taken", "by": "s", "facts": facts}
    given = with_links(tables(PUSH | {"agent": agent}), MAKERS)
    given["devices"] = pa.Table.from_pylist([device], schema=BY_NAME["devices"].schema())
    given["claims"] = pa.Table.from_pylist([claim], schema=BY_NAME["claims"].schema())
    assert judged(given)["certainty"].to_pylist() == grades


def test_a_declared_class_is_stronger_than_a_user_agent() -> None:
    device = {
        "device_id": MAKERS, "ips": [CAM], "class": "ip_camera", "class_confidence": "declared", "role_hint": CAPTURE,
    }  # fmt: skip
    given = with_links(tables(PUSH | {"agent": IPHONE}), MAKERS)
    given["devices"] = pa.Table.from_pylist([device], schema=BY_NAME["devices"].schema())
    (found,) = judged(given).select(["certainty", "sender_role"]).to_pylist()
    assert found == {"certainty": "A", "sender_role": CAPTURE}


def test_a_news_picture_is_no_finding_but_a_stored_face_is() -> None:
    news = {"client": PHONE, "server": NEWS, "up": False, "host": "news.example"}
    stored = {"client": PHONE, "server": CLOUD, "up": False}
    assert rows(news) == []
    acts = {row["act"] for row in rows({"client": CAM, "server": CLOUD}, news, stored)}
    assert acts == {"uploaded outside", "retrieved from outside"}


@pytest.mark.parametrize(("server", "acts"), [(CLOUD, ["video"]), (SERVER_IP, ["video"])])
def test_stills_of_a_stream_are_video_wherever_it_goes(server: str, acts: list[str]) -> None:
    found = rows({"client": server, "server": CAM, "up": False, "protocol": "rtp"})
    assert [row["act"] for row in found] == acts
    assert [(row["sender"], row["receiver"]) for row in found] == [(CAM, server)]


def test_a_stream_watched_from_outside_is_no_finding() -> None:
    assert rows({"client": PHONE, "server": NEWS, "up": False, "protocol": "rtp"}) == []


def test_behind_nat_each_flow_speaks_for_itself() -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
    given = tables({"client": CAM, "server": NEWS, "agent": agent}, {"client": CAM, "server": CLOUD})
    (found,) = judged(given, frozenset({CAM})).select(["receiver", "sender_role"]).to_pylist()
    assert found == {"receiver": CLOUD, "sender_role": UNKNOWN}


def test_moved_inside_then_passed_on_makes_a_server() -> None:
    found = rows(
        {"client": CAM, "server": SERVER_IP, "sha": "a" * 64}, {"client": SERVER_IP, "server": CLOUD, "sha": "a" * 64}
    )
    by_act = {row["act"]: row for row in found}
    assert by_act["moved inside"]["sender"] == CAM
    assert by_act["uploaded outside"]["sender_role"] == SERVER


def test_nothing_is_judged_without_a_vantage() -> None:
    unknown = judge_vantage(Evidence([], [], [], [], [], 0))
    assert judged(tables({"client": CAM, "server": CLOUD}), scope=unknown.scope).num_rows == 0


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (None, UNKNOWN),
        (Behaviour(), UNKNOWN),
        (Behaviour(sent={"a", "b"}), UNKNOWN),
        (Behaviour(sent={"a", "b", "c"}), UNKNOWN),
        (Behaviour(sent={"a"}, device_paths={"/VIID/"}), CAPTURE),
        (Behaviour(sent={"a"}, received={"a"}), SERVER),
    ],
)
def test_roles(behaviour: Behaviour | None, expected: str) -> None:
    assert role(behaviour)[0] == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", VIEWER),
        ("Mozilla/5.0 (Linux; Android 14; V2301A) AppleWebKit/537.36 Mobile Safari", PERSONAL_DEVICE),
        ("Dalvik/2.1.0 (Linux; U; Android 13; V2301A Build/TP1A)", PERSONAL_DEVICE),
        ("Dalvik/2.1.0 (Linux; U; Android 7.1.2; rk3288 Build/NHG47K)", UNKNOWN),
        ("Dalvik/2.1.0 (Linux; U; Android 11; YF3568 Build/RQ3A)", UNKNOWN),
    ],
)
def test_roles_by_agents(agent: str, expected: str) -> None:
    calling = Calling(agents={agent})
    if is_personal_agent(agent):
        calling.answered = {("1.1.1.1", agent), ("2.2.2.2", agent)}
    assert role(Behaviour(sent={1, 2, 3}), calling=calling)[0] == expected


def test_display_filter_speaks_both_families() -> None:
    text = display_filter({(CAM, CLOUD, "tcp", 80), ("2408::1", "2400::2", "udp", 443)})
    assert "(ip.addr == 192.168.1.20 && ip.addr == 47.96.10.20 && tcp.port == 80)" in text
    assert "(ipv6.addr == 2408::1 && ipv6.addr == 2400::2 && udp.port == 443)" in text


@pytest.mark.parametrize("block", [1, 2, 3, 5])
def test_findings_do_not_depend_on_how_many_rows_are_looked_at_together(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    agents = ("", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "python-requests/2", "")
    clients = (CAM, PHONE, SERVER_IP)
    moves = [
        {"client": clients[n % 3], "server": CLOUD if n % 2 else SERVER_IP, "agent": agents[n % 4], "up": n % 5 != 0}
        for n in range(16)
    ]
    given = tables(*moves)
    given["images"] = given["images"].slice(2)  # so that two objects are no images
    whole = judged(given, frozenset({SERVER_IP}))
    for module, name in (
        (passing, "AT_ONCE"),
        (passing, "PASSED_OVER"),
        (personal, "LOOKED_UP"),
        (personal, "AT_ONCE"),
    ):
        monkeypatch.setattr(module, name, block)
    assert whole.num_rows
    assert judged(given, frozenset({SERVER_IP})).equals(whole)

"""What others write makes no face vanish, and frames nobody."""

import os
import shutil

import pytest

import netaudit
from netaudit.evidence.case.opinions import CONFIRMED, UNANSWERED, UNCONFIRMABLE, Opinion, Way, claims_of, judged
from netaudit.evidence.case.second_opinion import _of_its_packets, _wanted, verify
from netaudit.evidence.case.tshark import Frame
from netaudit.evidence.crosscheck.comparing import ask_dpkt
from netaudit.report.from_case import write_report
from tests.hostile.forgeries import FAR, FORGERIES, conversation_of, invented_in_a_tunnel
from tests.hostile.whole import Case, Told, is_calm, together
from tests.hostile.wire import pcap
from tests.wording import english

SEEDS = int(os.environ.get("HOSTILE_SEEDS", "1"))
FRAMED = "192.168.1.99"
HONEST = [Case("as it is", 0, number) for number in range(3)]  # other devices, so that the network looks like one


def audited(folder, log):
    (folder / "lan.pcap").write_bytes(pcap(sorted(log, key=lambda entry: entry[0])))
    case = netaudit.audit(folder / "lan.pcap", folder / "case")
    hashes = {row["object_id"]: row["sha256"] for row in case.table("objects").to_pylist()}
    return case, [(row, {hashes[one] for one in row["object_ids"]}) for row in case.table("findings").to_pylist()]


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_makes_no_face_vanish(name, seed, tmp_path):
    target = Case("as it is", seed, 10 + seed)
    case, said = audited(tmp_path, together([*HONEST, target]) + FORGERIES[name](target))
    ends = {(row["sender"], row["receiver"], row["certainty"]) for row, images in said if target.sha256 in images}
    assert not is_calm(Told(case), target)
    if name == "browses like a phone" and not ends:  # nothing else is known of it: no finding, but told
        assert (target.sender, "personal device") in {
            (row["subject"], row["reason"]) for row in case.table("ledgers").to_pylist() if row["ledger"] == "faces"
        }
        return
    assert {one[:2] for one in ends} == {(target.sender, target.receiver)}
    assert {one[2] for one in ends} <= {"A", "B"}


@pytest.fixture(scope="module", params=[True, False], ids=["answered", "alone"])
def tunnelled(request, tmp_path_factory):
    """A device writes a tunnel in which another one uploads a face."""
    target = Case("as it is", 0, 10)
    log = together(HONEST) + invented_in_a_tunnel(target, FRAMED, answered=request.param)
    case, said = audited(tmp_path_factory.mktemp("tunnel"), log)
    return target, case, [row for row, images in said if target.sha256 in images], [row for row, _ in said]


def test_what_is_invented_in_a_tunnel_is_nobody_elses(tunnelled):
    target, _, carried, said = tunnelled
    assert FRAMED not in {end for row in said for end in (row["sender"], row["receiver"])}
    assert [(row["sender"], row["receiver"]) for row in carried] == [(target.sender, FAR)]


def test_a_report_tells_the_tunnel_and_who_sends_it(tunnelled, tmp_path):
    target, case, carried, _ = tunnelled
    assert f"; written in vxlan packets of {target.sender}, whose word alone" in english(carried[0]["reason"])
    for lang, words in (("en", "written in vxlan packets of "), ("zh", "写在 ")):
        text = write_report(case, tmp_path / "report.html", lang, False, None, "").read_text("utf-8")
        assert f"{words}{target.sender}" in text


@pytest.mark.skipif(shutil.which("tshark") is None, reason="NO TSHARK: apt install tshark")
def test_tshark_confirms_what_a_tunnel_carried_by_its_sender_only(tunnelled, request):
    target, case, carried, _ = tunnelled
    told = {row["finding_id"]: row for row in verify(case).findings}[carried[0]["finding_id"]]
    if "alone" in request.node.name:  # both sides of the conversation are written by the one who sends the tunnel
        assert (told["status"], list(told["reasons"])) == (UNCONFIRMABLE, [f"not confirmable: {UNANSWERED}"])
        return
    assert told["status"] == CONFIRMED
    assert list(told["reasons"]) == [
        f"confirmed: verify_within?inner=opinion_as_it_is&tunnel=vxlan&source={target.sender}"
    ]
    wanted = _wanted(case, set(carried[0]["object_ids"]))
    assert wanted[0].bearer.inside == {FRAMED, target.receiver}
    opinion = Opinion(CONFIRMED, "as it is", 1, wanted[0].bearer.inside)
    one = wanted[0].object_id
    claim = {"finding_id": "F", "sender": FRAMED, "receiver": target.receiver, "object_ids": [one]}
    assert judged(claim, {one: opinion}, claims_of(case, [one]))["status"] == UNCONFIRMABLE
    (source, end), ports = wanted[0].ends, wanted[0].ports
    assert _of_its_packets(wanted[0], Frame(1, Way((target.sender, source), (FAR, end), ports, ())))
    assert not _of_its_packets(wanted[0], Frame(1, Way((FRAMED, source), (FAR, end), ports, ())))


def test_dpkt_says_that_it_does_not_look_into_tunnels(tunnelled):
    pytest.importorskip("dpkt")
    _, case, carried, _ = tunnelled
    told = {row["finding_id"]: row for row in ask_dpkt(case).findings}[carried[0]["finding_id"]]
    assert (told["status"], list(told["reasons"])) == (
        UNCONFIRMABLE, ["not confirmable: opinion_tunnel"],
    )  # fmt: skip


def test_equal_addresses_in_two_networks_are_two_connections(tmp_path):
    one, two = Case("as it is", 0, 10), Case("called a text", 0, 11)
    same = "192.168.7.7"
    log = conversation_of(one, same, 10, b"\x02\0\0\7\0\1", like=one)
    log += conversation_of(two, same, 20, b"\x02\0\0\7\0\2", like=one)
    case, said = audited(tmp_path, together(HONEST) + log)
    for planted in (one, two):
        assert {row["receiver"] for row, images in said if planted.sha256 in images} == {one.receiver}
    assert len({row["flow_id"] for row in case.table("flows").to_pylist() if row["client_ip"] == same}) == 2
    vlans = {row["vlan"] for row in case.table("flows").to_pylist() if row["client_ip"] == same}
    assert vlans == {"10", "20"}
    macs = {"02:00:00:07:00:01", "02:00:00:07:00:02"}
    devices = [row for row in case.table("devices").to_pylist() if same in row["ips"]]
    assert {mac for row in devices for mac in row["macs"]} >= macs
    assert not [row for row in devices if macs <= set(row["macs"])], "two devices are one"

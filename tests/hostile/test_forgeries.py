"""What others write makes no face vanish, and frames nobody."""

import os

import pytest

import netaudit
from tests.hostile.forgeries import FORGERIES, conversation_of, invented_in_a_tunnel
from tests.hostile.whole import Case, together
from tests.hostile.wire import pcap

SEEDS = int(os.environ.get("HOSTILE_SEEDS", "1"))
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
    if name == "browses like a phone" and not ends:  # nothing else is known of it: no finding, but told
        assert (target.sender, "personal device") in {
            (row["subject"], row["reason"]) for row in case.table("ledgers").to_pylist() if row["ledger"] == "faces"
        }
        return
    assert {one[:2] for one in ends} == {(target.sender, target.receiver)}
    assert {one[2] for one in ends} <= {"A", "B"}


def test_what_is_invented_in_a_tunnel_is_nobody_elses(tmp_path):
    target, framed = Case("as it is", 0, 10), "192.168.1.99"
    case, said = audited(tmp_path, together(HONEST) + invented_in_a_tunnel(target, framed))
    assert framed not in {end for row, _ in said for end in (row["sender"], row["receiver"])}
    carried = [row for row, images in said if target.sha256 in images]
    told = [
        row for row in case.table("ledgers").to_pylist() if not row["understood"] and target.sender in row["subject"]
    ]
    assert [row["sender"] for row in carried] == [target.sender] or told


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

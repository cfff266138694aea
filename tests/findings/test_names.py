"""What goes out in names is told; the names that everybody asks for are not."""

from __future__ import annotations

import base64
import random

import pyarrow as pa
import pytest

from netaudit.findings.accounts import LEAST
from netaudit.findings.query_names import LONG, names

NEAR, FAR = "192.168.1.20", "47.96.1.20"


def told(hosts, client=NEAR, protocol="dns"):
    n = len(hosts)
    tables = {
        "endpoints": pa.table({"ip": [NEAR, FAR], "scope": ["inside", "outside"]}),
        "flows": pa.table({"flow_id": ["f"], "client_ip": [client]}),
        "messages": pa.table(
            {
                "flow_id": ["f"] * n,
                "direction": ["up"] * n,
                "protocol": [protocol] * n,
                "host": pa.array(hosts, pa.string()),
            }
        ),
    }
    return [tuple(line) for line in names(tables)]


def tunnel(size):
    text = base64.b32encode(random.Random(1).randbytes(size)).decode().lower().rstrip("=")
    return [f"{text[at : at + 60]}.t.example.com.cn" for at in range(0, len(text), 60)]


def test_a_tunnel_is_told_with_who_asked_for_it():
    ((subject, _, number, size, understood),) = told(tunnel(20_000))
    assert subject == f"{NEAR} > *.example.com.cn"
    assert not understood
    assert 2 * LEAST <= size <= 20_000 * 1.7
    assert number == len(tunnel(20_000))


def test_names_count_once_whatever_asks_for_them():
    assert told(tunnel(2_000)) == []
    assert told(tunnel(2_000) * 9) == []
    assert told([name.upper() for name in tunnel(20_000)], protocol="tls")


def test_others_are_not_told():
    assert told(tunnel(20_000), client=FAR) == []
    assert told(tunnel(20_000), protocol="mdns") == []
    words = [
        "tower",
        "garden",
        "images",
        "static",
        "video",
        "upload",
        "node",
        "edge",
        "cache",
        "north",
        "river",
        "media",
    ]
    chance = random.Random(2)
    assert told([f"{'-'.join(chance.choices(words, k=5))}.cdn.example.cn" for _ in range(2000)]) == []
    assert told([f"{n % 251}.{n // 251}.168.192.in-addr.arpa".rjust(32, "1") for n in range(3000)]) == []


def test_names_registered_for_one_question_each_are_told_by_what_they_end_in():
    chance = random.Random(5)
    hosts = [base64.b32encode(chance.randbytes(35)).decode().lower().rstrip("=") + ".com" for _ in range(600)]
    ((subject, _, number, _, understood),) = told(hosts)
    assert subject == f"{NEAR} > *.com"
    assert number == 600
    assert not understood


def test_a_dot_at_the_end_changes_nothing():
    assert told([f"{name}." for name in tunnel(40_000)]) == told(tunnel(40_000))


def test_names_of_a_rented_domain_are_told_by_who_lets_it():
    ((subject, *_),) = told([name.replace("example.com.cn", "oss-cn-hangzhou.aliyuncs.com") for name in tunnel(20_000)])
    assert subject == f"{NEAR} > *.aliyuncs.com"


@pytest.mark.parametrize(("length", "looked_at"), [(LONG, True), (LONG - 1, False)])
def test_only_long_names_are_looked_at(length: int, looked_at: bool):
    chance = random.Random(3)
    hosts = [
        base64.b32encode(chance.randbytes(20)).decode().lower()[: length - 12] + ".example.com" for _ in range(2000)
    ]
    assert {len(one) for one in hosts} == {length}
    assert bool(told(hosts)) is looked_at

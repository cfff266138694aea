"""What hides behind an address: forwarded hosts, and more systems than one machine runs."""

from __future__ import annotations

import pytest

from netaudit.core.signatures.conditions import Fact
from netaudit.devices.inventory.device import Device
from netaudit.devices.inventory.identity import hidden, system_of
from tests.processor_time import within

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "system"),
    [
        (IPHONE, "iPhone"),
        (WINDOWS, "Windows NT 10.0"),
        ("Mozilla/5.0 (Linux; Android 10; V1922A Build/QP1A) AppleWebKit/537.36", "Android V1922A"),
        ("Mozilla/5.0 (Linux; U; Android 9; zh-CN; MI 8 Build/PKQ1) AppleWebKit", "Android MI 8"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko", "X11 Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Macintosh"),
        ("okhttp/3.14.9", ""),
        ("Dalvik/2.1.0 (Linux; U; Android 9; rk3288 Build/PI)", ""),
        ("", ""),
    ],
)
def test_systems(agent: str, system: str) -> None:
    assert system_of(agent) == system


def device(*agents: str, forwarded: tuple[str, ...] = ()) -> Device:
    made = Device("02:00:00:00:00:01", forwarded=dict.fromkeys(forwarded, -1))
    made.agents = [Fact("http_client.user_agent", agent, place) for place, agent in enumerate(agents)]
    return made


def test_two_systems_behind_one_address_are_at_least_two_hosts() -> None:
    (said,) = hidden(device(IPHONE, WINDOWS, WINDOWS.replace("124", "125"), "curl/8"))
    assert (said.claim, said.value, [fact.row for fact in said.facts]) == ("behind", "2", [0, 1])


def test_one_system_hides_nobody() -> None:
    assert hidden(device(WINDOWS, WINDOWS.replace("124", "125"), "okhttp/4")) == []


def test_several_times_to_live_are_several_systems() -> None:
    made = device()
    made.openings = [Fact("tcp.syn", f"ttl={ttl} window=64240 mss=1460 options=MNW", ttl) for ttl in (64, 128, 64)]
    (said,) = hidden(made)
    assert (said.value, said.rule, [fact.row for fact in said.facts]) == ("2", "rule: several times to live", [64, 128])
    made.openings = [made.openings[0], Fact("tcp.syn", "window=1 ttl=x ttl=99999")]
    assert hidden(made) == []


def test_forwarded_hosts_are_counted() -> None:
    (said,) = hidden(device(forwarded=("192.168.9.2", "192.168.9.1")))
    assert (said.value, [fact.value for fact in said.facts]) == ("2", ["192.168.9.1", "192.168.9.2"])


def test_agents_made_to_be_slow_are_not() -> None:
    with within(0.5):
        for text in ("Mozilla/5.0 (Linux; Android 10; " + "a " * 200_000, "Mozilla/5.0 (" * 50_000):
            system_of(text)

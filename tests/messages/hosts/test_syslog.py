"""Syslog: heads of both forms and of devices that keep to neither; never the text."""

from __future__ import annotations

import pytest

from netaudit.messages.hosts import syslog
from netaudit.messages.reader import Opening, Verdict

OLD = b"<34>Oct 11 22:14:15 gate-1 sshd[811]: Accepted password for zhangsan"
NEW = b"<165>1 2026-10-11T22:14:15.003Z cam7.lan ipcd 8710 ID47 - face of Li Si"


@pytest.mark.parametrize(
    ("data", "hostname", "program"),
    [
        (OLD, "gate-1", "sshd"),
        (NEW, "cam7.lan", "ipcd"),
        (b"<165>1 - - - - - -", "", ""),
        (b"<13>Feb  5 17:32:18 10.0.0.99 a line", "10.0.0.99", ""),
        (b"<46>Mar  7 04:02:16 rsyslogd: -- MARK --", "", "rsyslogd"),
        (b"<190>Jan 1 2026 00:00:01 core-1 %%10IFNET/3/LINK_UPDOWN: up", "core-1", ""),
        (b"<14>kernel: eth0 up", "", "kernel"),
        (b"<0>", "", ""),
    ],
)
def test_heads(data: bytes, hostname: str, program: str) -> None:
    message = syslog.parse(data)
    assert message is not None
    assert (message.details.hostname, message.details.program) == (hostname, program)
    assert not message.body
    assert "zhangsan" not in repr(message)
    assert "Li Si" not in repr(message)


@pytest.mark.parametrize("data", [b"", b"<", b"<999>x", b"<192>x", b"<a>", b"<html>", b"<1234>"])
def test_other_bytes(data: bytes) -> None:
    assert syslog.parse(data) is None


@pytest.mark.parametrize(
    ("data", "port", "verdict"),
    [(OLD, 514, Verdict.YES), (OLD, 9000, Verdict.NO), (NEW, 9000, Verdict.YES), (b"<1>x", 514, Verdict.YES)],
)
def test_recognised(data: bytes, port: int, verdict: Verdict) -> None:
    assert syslog.recognise(Opening(data, b"", 40000, port, midstream=False)) is verdict


def test_long_lines_take_no_time() -> None:
    assert syslog.parse(b"<1>" + b"A" * 60_000) is not None


def test_a_line_that_names_somebody_is_kept_and_lies_where_it_was_sent() -> None:
    named = "<134>Mar 14 10:00:00 gate01 face[1]: ok name=张三 idno=11010519491231002X".encode()
    [first], [second] = (
        syslog.SyslogReader().feed(0, 50, line) for line in (named, b"<134>Mar 14 10:00:00 gate01 face[1]: ok")
    )
    assert (first.body, first.body_start) == (named, 50)
    assert (second.body, second.body_start) == (b"", -1)

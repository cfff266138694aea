"""Telnet: the greeting, and nothing of what follows."""

from __future__ import annotations

import pytest

from tests.reference.messages import down, essence, read, up

DO = b"\xff\xfd\x18\xff\xfd\x20\xff\xfa\x18\x01\xff\xf0"
BANNER = "\r\n海思 IPC-7\r\nLinux 3.0.8\r\n\r\ncam login: ".encode()
PASSWORD = b"hunter2\r\n"


def conversation() -> list:
    return [
        down(DO), up(b"\xff\xfb\x18\xff\xfa\x18\0xterm\xff\xf0"), down(BANNER), up(b"admin\r\n"), down(b"admin\r\nPassword: "),
        up(PASSWORD), down(b"# secret words\r\n"),
    ]  # fmt: skip


def test_a_greeting_ends_where_somebody_logs_in() -> None:
    messages, summary = read(conversation(), client_port=40000, server_port=23)
    (message,) = messages
    assert summary.protocol == "telnet"
    assert message.details.lines == ["海思 IPC-7", "Linux 3.0.8", "cam login:"]
    assert "admin" not in repr(message)


def test_without_a_prompt_it_ends_where_something_is_typed() -> None:
    messages, _ = read(
        [down(DO + b"BusyBox v1.2\r\n# "), up(b"cat /etc/passwd\r\n"), down(b"root:x:0")], server_port=23
    )
    assert [message.details.lines for message in messages] == [["BusyBox v1.2", "#"]]


@pytest.mark.parametrize("batch", [0, 1])
def test_however_it_is_cut(batch: int) -> None:
    whole, _ = read(conversation(), server_port=23)
    size = sum(len(data) for _, data in conversation())
    cut, _ = read(conversation(), server_port=23, cuts=range(1, size), batch=batch)
    assert essence(cut) == essence(whole)


def test_holes_and_long_greetings() -> None:
    assert read([down(DO + b"one\r\n"), down(100), down(b"two\r\n")], server_port=23)[0][0].details.lines == ["one"]
    (message,), _ = read([down(DO + b"x" * 100_000)], server_port=23)
    assert len(message.details.lines[0]) == 1024


@pytest.mark.parametrize("first", [b"\xff\x00\x00\x00\x00", b"\xff\xd8\xff\xe0", b"SSH-2.0-x\r\n"])
def test_what_is_not_telnet(first: bytes) -> None:
    assert read([down(first + bytes(40))], server_port=23)[1].protocol != "telnet"


def test_midstream_is_not_read() -> None:
    assert read([down(DO + BANNER)], server_port=23, handshake=0)[0] == []


def test_an_image_that_is_typed_is_found() -> None:
    picture = b"\xff\xd8\xff\xe0\0\x10" + bytes(14) + b"\xff\xda\0\x08" + bytes(6) + b"pixels" * 40 + b"\xff\xd9"
    messages, summary = read([*conversation(), up(b"cat\r\n" + picture)], client_port=40000, server_port=23)
    assert [m.body for m in messages if m.protocol == "carved"] == [picture]
    assert summary.protocol == "telnet"

"""Syslog over UDP (RFC 5424, 6; the older form: RFC 3164, 4): who sends, and which programs it runs.

The text of a log line is kept where an identity number with a right check digit stands in it, and is read for what it
says of people; of all others only the head, and words so long that nobody would read them.
"""

from __future__ import annotations

import re

import numpy as np

from netaudit.contracts.details import SyslogDetails
from netaudit.messages.kernels_numbers import LENGTH, next_number
from netaudit.messages.marks import DIGITS, Mark
from netaudit.messages.message import Message
from netaudit.messages.reader import DatagramReader, Opening, Verdict

PORTS = (514, 5514, 1514)
MOST_PRIORITY = 191  # facility 23, severity 7
LOOK = 512  # bytes in which the head is
PRIORITY = re.compile(rb"<(\d{1,3})>")
NEW = re.compile(rb"1 (?:-|\d{4}-\d\d-\d\dT[\d:.]{8,15}(?:Z|[+-]\d\d:\d\d)) ([!-~]{1,255}) ([!-~]{1,48}) ")
OLD = re.compile(rb"[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})? ([!-~]{1,255}) ?")
DIGEST = 64  # characters of what programs write on their own
WORDS = re.compile(rb"[^\x00-\x20]{16,}")  # of a line, in which something may be hidden: the text itself is not kept
LINE = re.compile(rb"[^\x00-\x08\x0e-\x1a\x1c-\x1f]*\0*")  # behind other bytes there is no text
TAG = re.compile(rb"([A-Za-z][\w./-]{0,47})(?:\[\d{1,10}\])?: ?")


MARKS = (Mark((b"<", DIGITS)),)


def recognise(opening: Opening) -> Verdict:
    """A priority in angle brackets, on the port of syslog or before a head of either form."""
    data = opening.up or opening.down
    message = parse(data)
    if message is None:
        return Verdict.NO
    usual = opening.server_port in PORTS or opening.client_port in PORTS
    return (
        Verdict.YES
        if usual or (isinstance(message.details, SyslogDetails) and message.details.form == "5424")
        else Verdict.NO
    )


def parse(data: bytes) -> Message | None:
    """One line, None for other bytes."""
    found = PRIORITY.match(data)
    if found is None or int(found[1]) > MOST_PRIORITY:
        return None
    head = data[found.end() : LOOK]
    if line := LINE.match(data):
        data = line[0]
    message = Message("syslog", 0, 0, len(data), method="log", body_size=len(data))
    if len(data) > DIGEST:
        message.head = b"\n".join(WORDS.findall(data))
    details = SyslogDetails()
    if new := NEW.match(head):
        details = SyslogDetails("5424", _said(new[1]), _said(new[2]))
    elif old := OLD.match(head):
        details = SyslogDetails("3164", *_named(old[1], head[old.end() :]))
    elif tag := TAG.match(head):
        details = SyslogDetails(program=_said(tag[1]))
    message.details, message.host = details, details.hostname
    if len(data) > LENGTH and next_number(np.frombuffer(data, np.uint8), 0)[0] >= 0:
        message.body = data
    return message


def _named(word: bytes, rest: bytes) -> tuple[str, str]:
    """Host and program; many devices leave the host out, so that the tag stands in its place (RFC 3164, 5.4)."""
    if word.endswith(b":") and (tag := TAG.match(word)) and tag.end() == len(word):
        return "", _said(tag[1])
    tag = TAG.match(rest)
    return _said(word.rstrip(b":")), _said(tag[1]) if tag else ""


def _said(raw: bytes) -> str:
    text = raw.decode("ascii", "replace")
    return "" if text == "-" else text


class SyslogReader(DatagramReader):
    """Reads one line from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse(data)

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram; a line that is kept lies where it was sent."""
        out = super().feed(direction, offset, data)
        for message in out:
            message.body_start = offset if message.body else -1
        return out

"""How an HTTP/2 connection is recognised (RFC 9113, 3.4): by its preface, or from the middle by its frames."""

from __future__ import annotations

from netaudit.protocols.http2.frames import HEAD, HEADERS, PREFACE, SETTINGS, plausible
from netaudit.protocols.message import DOWN, UP
from netaudit.protocols.reader import Opening, Verdict

CHAIN = 3  # plausible frame headers by which a connection is known whose beginning was not captured
_RESPONSE = range(0x88, 0x8F)  # indexed :status, what nearly every response begins with (RFC 7541, appendix A)


def recognise(opening: Opening) -> Verdict:
    """HTTP/2 by its preface, by what it was upgraded to, or by chained frame headers where the beginning is missing."""
    if opening.upgrade == "h2c":
        return Verdict.YES
    up, down = _preface(opening.up), _preface(opening.down)
    if up is Verdict.YES:
        return Verdict.YES
    if down is Verdict.YES:
        return Verdict.SWAPPED
    if opening.midstream:
        chains = [_frames(opening.up, UP), _frames(opening.down, DOWN)]
        for verdict in chains:
            if verdict in (Verdict.YES, Verdict.SWAPPED):
                return verdict
        if Verdict.MORE in chains:
            return Verdict.MORE
    elif not opening.up and (settings := _settings(opening.down)) is not Verdict.NO:
        return settings  # the client's side was not captured
    begun = (opening.up and up is Verdict.MORE) or (opening.down and down is Verdict.MORE)
    return Verdict.MORE if begun else Verdict.NO


def _preface(data: bytes) -> Verdict:
    if data.startswith(PREFACE):
        return Verdict.YES
    return Verdict.MORE if PREFACE.startswith(data) else Verdict.NO


def _settings(data: bytes) -> Verdict:
    """A first SETTINGS frame (RFC 9113, 3.4) of known settings."""
    if len(data) < HEAD + 2:
        begun = bytes(2).startswith(data[:2]) and bytes((SETTINGS, 0)).startswith(data[3:5])
        return Verdict.MORE if data and begun else Verdict.NO
    if data[3] != SETTINGS or data[4] or not plausible(data, 0, 240):
        return Verdict.NO
    return Verdict.YES if data[2] == 0 or (data[9] == 0 and 1 <= data[10] <= 9) else Verdict.NO


def _frames(data: bytes, direction: int) -> Verdict:
    at, kind = 0, Verdict.YES
    for _ in range(CHAIN):
        if len(data) - at < HEAD:
            return Verdict.MORE if data else Verdict.NO
        if not plausible(data, at):
            return Verdict.NO
        if data[at + 3] == HEADERS and not data[at + 4] & 0x28 and len(data) > at + HEAD:
            answers = data[at + HEAD] in _RESPONSE
            kind = Verdict.SWAPPED if answers == (direction == UP) else Verdict.YES
        at += HEAD + int.from_bytes(data[at : at + 3], "big")
    return kind

"""Slow twin of the walk along TLS records, for conversations that were captured whole and in order."""

from __future__ import annotations

from dataclasses import dataclass, field

APPLICATION, SECOND = 23, 1_000_000_000


@dataclass
class Unit:
    """A request-shaped run of the client's records."""

    first_ts: int
    first_frame: int
    last_ts: int = 0
    last_frame: int = 0
    answered_ts: int = 0
    lengths: list[int] = field(default_factory=list)


def units_of(packets):
    """Units of packets given as (from the client?, bytes, ts, frame, offset acknowledged of the other direction)."""
    done, unit = [], None
    held = {True: b"", False: b""}
    begun = {True: False, False: False}  # whether the record under way was looked at
    sent, settled, offset = {True: 0, False: 0}, 0, 0
    for upward, data, ts, frame, acked in packets:
        before, settled = settled, settled if upward else max(settled, acked)
        offset = sent[upward]
        sent[upward] += len(data)
        held[upward] += data
        while len(held[upward]) >= 5:
            kind, length = held[upward][0], int.from_bytes(held[upward][3:5])
            if not begun[upward]:
                begun[upward] = True
                if kind == APPLICATION and upward:
                    silent = ts - unit.last_ts if unit else 0
                    quiet = settled >= offset if settled else silent >= 2 * SECOND
                    if unit and silent >= SECOND and quiet:
                        done.append(unit)
                        unit = None
                    unit = unit or Unit(ts, frame, ts, frame)
                elif kind == APPLICATION and unit and not held[True] and acked >= sent[True]:
                    unit.answered_ts = ts
                    done.append(unit)
                    unit = None
            if len(held[upward]) < 5 + length:
                break
            held[upward] = held[upward][5 + length :]
            begun[upward] = False
            if kind == APPLICATION and upward:
                unit.lengths.append(length)
                unit.last_ts, unit.last_frame = ts, frame
        del before
    if unit:
        done.append(unit)
    return [unit for unit in done if unit.lengths]

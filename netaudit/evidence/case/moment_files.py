"""Moments noted by hand: a CSV or JSON file of time and text.

    time,text                                         [{"time": "2026-05-01T09:02:10+08:00", "text": "door camera"}]
    2026-05-01T09:02:10+08:00,door camera             or one such object a line

CSV may have a header or not (then time comes first), commas, semicolons or tabs, UTF-8 or GB 18030, as spreadsheets
write it. A time without a zone is in the zone asked for; without one it is refused, not guessed.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson

from netaudit.core.masking.mask import visible
from netaudit.core.storage.files import read_given
from netaudit.core.system.reasons import why
from netaudit.errors import UsageError
from netaudit.evidence.case.moments import MOST, MOST_TEXT, Moment, Notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_BYTES = 4 << 20
TIME_NAMES = frozenset({"time", "ts", "when", "时间"})
TEXT_NAMES = frozenset({"text", "note", "what", "内容", "说明", "备注"})
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_LOOSE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})[ T]+(\d{1,2}):(\d{2})(.*)", re.DOTALL)  # as spreadsheets write
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def read_moments(path: Path, zone: str | None = None) -> Notes:
    """Moments of a file of notes, in its order. `zone` is an offset (+08:00) or a name (Asia/Shanghai).

    Raises UsageError with file and line for what cannot be read.
    """
    default = zone_of(zone) if zone else None
    try:
        data = read_given(path, MOST_BYTES)
    except OSError as error:
        raise UsageError("{}: {}", path, why(error)) from error
    found = []
    for line, time, text in _rows(_decoded(data, path), path):
        place = f"{path}: line {line}"
        found.append(Moment(_nanoseconds(time, default, place), visible(text.strip(), MOST_TEXT), path.name))
        if len(found) > MOST:
            raise UsageError("{}: more than {} moments", place, f"{MOST:,}")
    if not found:
        raise UsageError("{}: no moments in it", path)
    return Notes(visible(path.name, 200), hashlib.sha256(data).hexdigest(), tuple(found))


def zone_of(name: str) -> datetime.tzinfo:
    """A zone by offset or name; UsageError for one that is not known."""
    if match := _OFFSET.fullmatch(name):
        minutes = int(match[2]) * 60 + int(match[3])
        if minutes < 24 * 60:
            return datetime.timezone(datetime.timedelta(minutes=-minutes if match[1] == "-" else minutes))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, or a name made to look like a path
        raise UsageError("{}: no time zone; say an offset such as +08:00 or a name", visible(name, 60)) from None


def _decoded(data: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError("{}: neither UTF-8 nor GB 18030 text", path)


def _rows(text: str, path: Path) -> Iterator[tuple[int, str, str]]:
    """Line number, time and text of each moment."""
    if text.lstrip()[:1] in {"[", "{"}:
        yield from _json_rows(text, path)
    else:
        yield from _csv_rows(text, path)


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, str, str]]:
    entries: list[tuple[int, Any]] = []
    try:
        whole = orjson.loads(text)
        entries = [(number, entry) for number, entry in enumerate(whole if isinstance(whole, list) else [whole], 1)]
    except ValueError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    entries.append((number, orjson.loads(line)))
                except ValueError as error:
                    raise UsageError("{}: line {}: neither JSON nor a line of it: {}", path, number, error) from None
    for number, entry in entries:
        named = {str(key).lower(): value for key, value in entry.items()} if isinstance(entry, dict) else {}
        time = next((value for key, value in named.items() if key in TIME_NAMES), None)
        if not isinstance(time, str):
            raise UsageError('{}: entry {}: give each moment as {"time": "…", "text": "…"}', path, number)
        yield number, time, str(next((value for key, value in named.items() if key in TEXT_NAMES), ""))


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, str, str]]:
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    at, text_column = 0, 1
    try:
        for number, row in enumerate(reader):
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            names = [cell.lower() for cell in cells]
            if number == 0 and TIME_NAMES & set(names):
                at = next(place for place, name in enumerate(names) if name in TIME_NAMES)
                text_column = next((place for place, name in enumerate(names) if name in TEXT_NAMES), -1)
                continue
            if at >= len(cells):
                raise UsageError("{}: line {}: no time in it", path, reader.line_num)
            yield reader.line_num, cells[at], cells[text_column] if 0 <= text_column < len(cells) else ""
    except csv.Error as error:
        raise UsageError("{}: line {}: {}", path, reader.line_num, error) from None


def _nanoseconds(time: str, zone: datetime.tzinfo | None, place: str) -> int:
    shown = visible(time, 60)
    if match := _LOOSE.fullmatch(time.strip()):
        year, month, day, hour, minute, rest = match.groups()
        time = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}{rest}"
    try:
        moment = datetime.datetime.fromisoformat(time)
    except ValueError:
        raise UsageError("{}: {}: no ISO 8601 time such as 2026-05-01T09:02:10+08:00", place, shown) from None
    if moment.tzinfo is None:
        if zone is None:
            raise UsageError("{}: {}: in which zone? add it (+08:00) or say --zone Asia/Shanghai", place, shown)
        moment = moment.replace(tzinfo=zone)
    try:
        past = moment - EPOCH
    except OverflowError:
        raise UsageError("{}: {}: out of range", place, shown) from None
    if not 0 <= past.days < 100_000:
        raise UsageError("{}: {}: out of range", place, shown)
    return (past.days * 86_400 + past.seconds) * 1_000_000_000 + past.microseconds * 1000

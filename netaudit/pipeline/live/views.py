"""What stands in the lists of the live screen: rows of plain text and a style, cut to a width in terminal cells.

Every text is made visible here, so that nothing from a capture steers the terminal; styles are given apart from texts,
so that nothing is read as markup. Meaning never hangs on colour alone.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size

from netaudit.core.masking.mask import visible
from netaudit.findings.vocabulary import COUNTED, GRADE, KIND
from netaudit.pipeline.live.news import MomentNews
from netaudit.pipeline.live.wording import note_text, say

if TYPE_CHECKING:
    from netaudit.pipeline.live.board import Board
    from netaudit.pipeline.live.from_report import Terms
    from netaudit.pipeline.live.news import AlertNews, CountNews, DeviceNews, EndpointNews, Note, Rate, UploadNews

PANELS = ("alerts", "uploads", "counted", "devices", "endpoints", "notes")
LEVELS = {"info": "", "warning": "bold yellow", "error": "bold red"}
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
MOST_TEXT = 300
MANY_WAIT = 50  # images not yet judged that are worth a word: fewer are on their way
BEHIND = 1_000_000  # bytes not yet audited that are worth a word: less is on its way
WIDE = 110  # cells from which on classes of devices are told beside addresses
HOUR = 3_600_000_000_000  # ns
LEAST_P = 1e-9  # chance below which nothing is said
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Line(NamedTuple):
    """One row of a list."""

    text: str
    style: str = ""


class Words(NamedTuple):
    """The language, and the words of the report in it."""

    lang: str
    terms: Terms


def rows_of(panel: str, board: Board, width: int, words: Words, first: int = 0, count: int = 1 << 30) -> list[Line]:
    """Rows `first` and following of a list, newest or gravest first; one that says so when there are none.

    Only what is shown is made into text: it is drawn several times a second, beside an engine that needs the processor.
    """
    part = slice(first, first + max(0, count))
    rows: list[Line]
    match panel:
        case "alerts":
            rows = [_alert(row, board, width, words) for row in board.alerts()[part]]
        case "uploads":
            rows = [_upload(row, board, width, words) for row in board.uploads()[part]]
        case "counted":
            rows = [_counted(row, board, width, words) for row in board.counted()[part]]
        case "devices":
            rows = [_device(row, width, words) for row in board.devices()[part]]
        case "endpoints":
            rows = [_endpoint(row, width, words) for row in board.endpoints()[part]]
        case _:
            rows = [_note(at, row, width, words) for at, row in board.notes()[part]]
    if rows or board.length(panel):
        return rows
    return [Line(fit(say(f"none_{panel}", words.lang), width), "dim")][part]


def head_of(panel: str, board: Board, lang: str) -> str:
    """Title of a list with what it counts."""
    title = say(panel, lang)
    if panel == "alerts":
        grades = [row.certainty for row in board.alerts()]
        counted = "  ".join(f"{grade} {grades.count(grade)}" for grade in GRADE if grade in grades)
        return f"{title}  {counted}" if counted else title
    return f"{title}  {board.counts[panel]:,}" if board.counts.get(panel) else title


def status(rate: Rate | None, width: int, lang: str) -> list[Line]:
    """Three rows: rates and totals, what is recorded, what was lost."""
    if rate is None:
        return [Line(fit(say("waiting", lang), width), "dim"), Line(""), Line("")]
    speed = say("rate", lang, packets=f"{_whole(rate.packets_per_s):,}", bits=size(rate.bits_per_s, BITS))
    total = say("total", lang, packets=f"{rate.packets:,}", size=size(rate.bytes))
    recorded = say("recorded", lang, size=size(rate.recorded_bytes), files=f"{rate.recorded_files:,}")
    free = say("free", lang, size=size(rate.disk_free))
    behind = say("behind", lang, size=size(rate.behind_bytes)) if rate.behind_bytes >= BEHIND else ""
    found = max(rate.images_found, rate.images_waiting)
    judged = f"{found - rate.images_waiting:,}"
    images = say("images_waiting", lang, judged=judged, n=f"{found:,}") if rate.images_waiting >= MANY_WAIT else ""
    counts = {"kernel": rate.drops_kernel, "interface": rate.drops_interface, "own": rate.drops_own}
    unknown = say("unknown", lang)
    lost = say("lost", lang, **{key: unknown if n is None else f"{n:,}" for key, n in counts.items()})
    some = any(counts.values())
    if some:
        lost = f"{say('lost_some', lang)}  {lost}"
    return [
        Line(fit(f"{speed}   {total}", width)),
        Line(fit("   ".join(part for part in (recorded, behind, images, free) if part), width)),
        Line(fit(lost, width), "bold red" if some else ""),
    ]


BITS = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")


def size(value: float, units: tuple[str, ...] = UNITS) -> str:
    """A quantity in decimal units, two or three digits."""
    if not -1e30 < value < 1e30:
        return "?"
    for unit in units:
        if abs(value) < 999.5 or unit == units[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == units[0] or abs(value) >= 100 else f"{value:.1f} {unit}"


def clock(ts: int) -> str:
    """Time of day here; a date that this computer cannot show is a dash."""
    try:
        return (EPOCH + datetime.timedelta(microseconds=ts // 1000)).astimezone().strftime("%H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return "--:--:--"


def clean(text: str, most: int = MOST_TEXT) -> str:
    """A text that cannot steer the terminal."""
    return visible(text, most)


def fit(text: str, width: int) -> str:
    """A text cut to so many terminal cells, with a dot for what is cut."""
    width = max(0, width)
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 2)) + ".."[:width]


def columns(parts: list[tuple[str, int]], width: int) -> str:
    """Texts in columns of so many cells each; the last takes what is left."""
    out = "".join(set_cell_size(fit(text, cells), cells) + " " for text, cells in parts[:-1])
    return fit(out + parts[-1][0], width)


def _whole(value: float) -> int:
    return int(value) if -1e18 < value < 1e18 else 0


def _host(ip: str, board: Board, width: int, words: Words) -> str:
    """An address with what is known of its device; on a narrow screen only who made it or how it calls itself."""
    device = board.device_at(ip)
    if device is None:
        return clean(ip, 45)
    known = device.vendor or device.name
    what = words.terms.word("class", device.device_class) if device.device_class and width >= WIDE else ""
    return " ".join(part for part in (clean(ip, 45), clean(known, 24), clean(what, 40)) if part)


def _alert(row: AlertNews, board: Board, width: int, words: Words) -> Line:
    written = [say(name, words.lang, n=f"{n:,}") for name in COUNTED if (n := getattr(row, name))]
    act = clean(words.terms.word("act", row.act), 40)
    line = KIND[row.kind].live._asdict()[words.lang].format(act=act, counts=", ".join(written))
    ends = f"{_host(row.sender_ip, board, width, words)} > {clean(row.receiver, 60)}"
    return Line(fit(f"{clean(row.certainty, 2)} {line}  {ends}", width), GRADE[row.certainty].style)


def _upload(row: UploadNews, board: Board, width: int, words: Words) -> Line:
    face = row.face if f"face_{row.face}" in FACES else "not judged"
    what = (
        f"{say(f'face_{face}', words.lang)} {clean(row.kind, 8)}"
        if row.clear
        else say("hidden" if width >= WIDE else "hidden_short", words.lang)
    )
    what += f" {say('with_identity', words.lang)}" if row.identity else ""
    what += f" {say('pushed_before', words.lang)}" if row.pushed else ""
    receiver = clean(row.receiver_name, 60) or clean(row.receiver_ip, 45)
    scope = clean(words.terms.word("scope", row.scope), 20)
    way = f"{_host(row.sender_ip, board, width, words)} > {receiver} ({scope})"
    parts = [(clock(row.ts), 8), (clean(row.certainty, 1), 1), (size(row.size), 7), (f"{what}  {way}", width)]
    return Line(columns(parts, width), GRADE[row.certainty].style if row.certainty else "")


def _counted(row: CountNews, board: Board, width: int, words: Words) -> Line:
    """Uploads of a device to an endpoint, in all and in the latest hour, and whether they follow the moments."""
    number, hour = f"{row.uploads:,}", f"{row.per_hour[-1] if row.per_hour else 0:,}"
    at = clock(row.hours_from + HOUR * max(len(row.per_hour) - 1, 0))[:5]
    written = [say("counted_row", words.lang, n=number, hour=hour, at=at, size=size(row.bytes_high))]
    if row.moments:
        written.append(say("counted_tie", words.lang, k=row.followed, n=row.moments, s=row.window_s))
    if row.standing == "claimed" and row.p is not None:
        written.append(
            say("counted_final" if row.final else "counted_so_far", words.lang, n=f"{round(1 / max(row.p, LEAST_P)):,}")
        )
    if row.sender_ip:
        receiver = clean(row.receiver_name, 60) or clean(row.receiver_ip, 45)
        way = f"{_host(row.sender_ip, board, width, words)} > {receiver}"
    else:
        way = say("counted_own", words.lang, n=f"{row.devices:,}")
    return Line(fit(f"{way}  {say('comma', words.lang).join(written)}", width), GRADE["D"].style)


FACES = frozenset(
    f"face_{standing}"
    for standing in ("yes", "possible", "no", "as its parent", "undecodable", "not judged", "waiting")
)


def _device(row: DeviceNews, width: int, words: Words) -> Line:
    what = words.terms.word("class", row.device_class) if row.device_class else ""
    known = " ".join(clean(part, 60) for part in (row.vendor, what, row.model or row.name) if part)
    unsure = "" if row.confidence in {"declared", "strong"} or not known else " ?"
    return Line(columns([(clean(row.ip or row.mac, 45), 15), (known + unsure, width)], width))


def _endpoint(row: EndpointNews, width: int, words: Words) -> Line:
    country = words.terms.word("country", row.country) if row.country else ""
    known = " ".join(clean(part, 80) for part in (row.service, row.name, country) if part)
    return Line(columns([(clean(row.ip, 45), 15), (known, width)], width))


def _note(at: int, row: MomentNews | Note, width: int, words: Words) -> Line:
    if isinstance(row, MomentNews):
        text = clean(row.text) or say("moment_none", words.lang)
        return Line(fit(f"{clock(row.ts)} {say('moment', words.lang, n=row.number)}  {text}", width), "bold green")
    level = say(f"level_{row.level}", words.lang)
    return Line(fit(f"{clock(at)} {level}: {note_text(row, words.lang)}", width), LEVELS[row.level])

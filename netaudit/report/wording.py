"""How values of the case become words, numbers and times that are safe to show.

Everything that comes from a capture passes through here: `text` masks and makes visible, `exact` only makes visible
(hashes, addresses, filters, and what the auditor typed: masking would spoil them). Escaping for HTML is the template's.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from netaudit.core.masking.mask import mask, visible
from netaudit.findings.summary.sentences import zone_of
from netaudit.report.texts import Texts

if TYPE_CHECKING:
    from netaudit.report.texts import Lang

NOTHING = "—"
LONG = 160  # characters shown of a free text from a capture
HASTE = 8  # a text is cut to this multiple of its limit before it is masked: masking megabytes to show a line is waste
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in the site's zone and in UTC; `utc` is empty when the site's zone is UTC."""

    local: str
    utc: str


def is_zone(name: str) -> bool:
    """Whether a zone of that name is known."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


class Wording:
    """Words of one report: its language, its zone, masked or not."""

    def __init__(self, lang: Lang, zone: str | None = None, *, unmask: bool = False) -> None:
        self.lang = lang
        self.t = Texts(lang)
        self.zone_given = zone or ""
        self.zone = zone_of(zone or "")
        self.unmask = unmask

    def text(self, value: object, limit: int = LONG) -> str:
        """Free text from a capture: masked, control and bidi characters visible, at most `limit` characters shown."""
        if value is None or value == "":
            return ""
        raw = str(value)[: limit * HASTE]
        return visible(raw if self.unmask else mask(raw), limit)

    def sentence(self, value: object, limit: int = LONG) -> str:
        """A sentence of another stage, in the report's language where the catalogue knows it; else like `text`."""
        return self.t.phrase(str(value), lambda part: self.text(part, limit)) if value else ""

    def exact(self, value: object, limit: int = LONG) -> str:
        """An address, hash, id or filter: shown as it is, made visible."""
        return visible(str(value)[: limit * HASTE], limit) if value not in (None, "") else ""

    def term(self, group: str, value: object) -> str:
        """A value of a controlled vocabulary in the report's language; an unknown value as it stands."""
        word = str(value or "unknown")
        return self.t.known(group, word) or self.text(word, 60)

    def maker(self, value: object, limit: int = 60) -> str:
        """A maker in the report's language, as it stands where the catalogue has no word."""
        return (self.t.known("vendor", str(value)) or self.text(value, limit)) if value else ""

    def listed(self, group: str, value: object, limit: int = 80) -> str:
        """Words joined by commas, each in the report's language where the catalogue has one."""
        parts = [self.t.known(group, part) or self.text(part, limit) for part in str(value or "")[:limit].split(", ")]
        return ("，" if self.lang == "zh" else ", ").join(part for part in parts if part)

    def as_said(self, group: str, value: object, limit: int = 80) -> str:
        """A value as a document says it; where the catalogue has a word for it, that word with what was said beside."""
        shown = self.text(value, limit)
        stated = str(value).strip()
        word = self.t.known(group, stated) or self.t.known(group, stated.lower())
        return shown if word in (None, shown) else self.t("as_said", word=word, said=shown)

    def names(self, group: str, value: object, limit: int = 80) -> str:
        """Names joined by semicolons, each in the report's language where the catalogue has a word for it."""
        if not value:
            return ""
        parts = str(value)[: limit * HASTE].split("; ")
        join = "；" if self.lang == "zh" else "; "
        return self.text(join.join(self.t.known(group, part) or part for part in parts), limit)

    def number(self, value: float | None) -> str:
        """An integer with thousands separated; a dash for null."""
        return NOTHING if value is None else f"{int(value):,}"

    def short(self, value: float | None) -> str:
        """Bytes rounded: '3.5 MB'."""
        return short_size(value or 0)

    def size(self, value: int | None) -> str:
        """Bytes exactly and, from a kilobyte on, rounded: '3,456,789 bytes (3.5 MB)'."""
        if value is None:
            return NOTHING
        exact = f"{value:,} {self.t('bytes_unit')}"
        if abs(value) < 1000:
            return exact
        return f"{exact}（{short_size(value)}）" if self.lang == "zh" else f"{exact} ({short_size(value)})"

    def when(self, ns: int | None) -> Moment:
        """UTC nanoseconds as a time of the site (to milliseconds) with UTC beside it."""
        if ns is None:
            return Moment(NOTHING, "")
        try:
            utc = EPOCH + datetime.timedelta(microseconds=ns // 1000)
            local = utc.astimezone(self.zone)
        except OverflowError:
            return Moment(self.exact(f"{ns} ns"), "")
        if self.zone is datetime.UTC:
            return Moment(f"{_stamp(utc)} UTC", "")
        return Moment(f"{_stamp(local)} {_offset(local)}", f"{_stamp(utc)} UTC")

    def made(self, utc: str) -> str:
        """A time of ISO 8601 to the minute, with its zone; as it stands where it is none."""
        try:
            at = datetime.datetime.fromisoformat(utc).astimezone(self.zone)
        except (ValueError, OverflowError):
            return self.exact(utc, 60)
        return self.t("head_when", at=at.strftime("%Y-%m-%d %H:%M"), zone=self.zone_name())

    def zone_name(self) -> str:
        """The zone of the report's times within a sentence."""
        name = "UTC" if self.zone is datetime.UTC else str(self.zone)
        return self.t.known("zone_name", name) or name

    def zone_line(self) -> str:
        """Which zone the report's times are in."""
        return self.t("zone_utc") if self.zone is datetime.UTC else self.t("zone_line", zone=str(self.zone))


def short_size(value: float) -> str:
    """Bytes in decimal units with two or three significant digits."""
    for unit in UNITS:
        if abs(value) < 999.5 or unit == UNITS[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or abs(value) >= 100 else f"{value:.1f} {unit}"


def _stamp(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}"


def _offset(moment: datetime.datetime) -> str:
    raw = moment.strftime("%z")
    return f"{raw[:3]}:{raw[3:5]}"

"""What the live screen knows: the latest of everything, bounded for days of running, safe between two threads.

Lists keep the newest; of devices, endpoints and alerts the latest row of each holds.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, TypeVar

from netaudit.findings.vocabulary import ACT, ACTS
from netaudit.pipeline.live.news import (
    AlertNews,
    CountNews,
    DeviceNews,
    EndpointNews,
    Mark,
    MomentNews,
    Note,
    Rate,
    UploadNews,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Sized

    from netaudit.pipeline.live.news import News

MOST = 500  # rows of a list
MOST_ALERTS = 200
MOST_MARKS = 1000  # marks not yet taken

Row = TypeVar("Row")


class Board:
    """A `Show` that remembers; the screen looks at it when it draws."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: deque[Mark] = deque(maxlen=MOST_MARKS)
        self._stopping, self._closed = threading.Event(), threading.Event()
        self.rate: Rate | None = None
        # by object, else by number; in order of coming
        self._uploads: OrderedDict[Hashable, UploadNews] = OrderedDict()
        self._notes: deque[tuple[int, MomentNews | Note]] = deque(maxlen=MOST)  # with the time at which it came
        self._devices: OrderedDict[Hashable, DeviceNews] = OrderedDict()
        self._endpoints: OrderedDict[Hashable, EndpointNews] = OrderedDict()
        self._counted: OrderedDict[Hashable, CountNews] = OrderedDict()
        self._alerts: OrderedDict[Hashable, AlertNews] = OrderedDict()
        self._by_ip: OrderedDict[Hashable, DeviceNews] = OrderedDict()
        self.counts = {"uploads": 0, "devices": 0, "endpoints": 0}  # ever, also of what the lists no longer hold
        self.version = 0  # changes with every piece of news

    def show(self, news: News) -> None:
        """Remember a piece of news."""
        with self._lock:
            self.version += 1
            match news:
                case Rate():
                    self.rate = news
                case UploadNews():
                    self._record_upload(news)
                case DeviceNews():
                    self.counts["devices"] += news.device_id not in self._devices
                    _latest(self._devices, news.device_id, news, MOST)
                    _latest(self._by_ip, news.ip, news, MOST)
                case EndpointNews():
                    self.counts["endpoints"] += news.ip not in self._endpoints
                    _latest(self._endpoints, news.ip, news, MOST)
                case AlertNews():
                    key = (news.finding_id, news.certainty, news.act, news.sender_ip, news.receiver)
                    _latest(self._alerts, key, news, MOST_ALERTS)
                    if news.withdrawn:
                        del self._alerts[key]
                case CountNews():
                    _latest(self._counted, (news.sender_ip, news.receiver_ip, news.receiver_name), news, MOST)
                case MomentNews() | Note():
                    self._notes.appendleft((time.time_ns(), news))

    def _record_upload(self, news: UploadNews) -> None:
        """A judgement goes to the row it is of; one whose row has gone is worth another only for a face."""
        self.counts["uploads"] += not news.again
        key = news.object_id or self.counts["uploads"]
        if key in self._uploads:
            self._uploads[key] = news
        elif not news.again or news.face == "yes":
            _latest(self._uploads, key, news, MOST)

    def moments(self) -> list[Mark]:
        """Moments marked since last asked."""
        with self._lock:
            found = list(self._marks)
            self._marks.clear()
        return found

    def mark(self, ts: int, text: str) -> None:
        """Mark a moment, for the engine to store."""
        with self._lock:
            self._marks.append(Mark(ts, text, "screen"))

    def stopping(self) -> bool:
        """Whether the user wants to stop."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Ask the engine to end."""
        self._stopping.set()

    def close(self) -> None:
        """The engine has ended."""
        self._closed.set()

    @property
    def closed(self) -> bool:
        """Whether the engine has ended."""
        return self._closed.is_set()

    def uploads(self) -> list[UploadNews]:
        """What was sent, newest first."""
        with self._lock:
            return list(reversed(self._uploads.values()))

    def notes(self) -> list[tuple[int, MomentNews | Note]]:
        """Moments and notes with the time at which each came, newest first."""
        with self._lock:
            return list(self._notes)

    def devices(self) -> list[DeviceNews]:
        """Devices, last changed first."""
        with self._lock:
            return list(reversed(self._devices.values()))

    def endpoints(self) -> list[EndpointNews]:
        """Endpoints, last changed first."""
        with self._lock:
            return list(reversed(self._endpoints.values()))

    def alerts(self) -> list[AlertNews]:
        """Alerts by certainty, what went outside first, then by images, then last changed first."""
        with self._lock:
            rows = list(reversed(self._alerts.values()))
        return sorted(rows, key=lambda row: (row.certainty, ACTS.index(ACT[row.act]), -row.images))

    def counted(self) -> list[CountNews]:
        """What left encrypted, counted: what follows marked moments first, then by uploads."""
        with self._lock:
            rows = list(self._counted.values())
        return sorted(rows, key=lambda row: (row.standing != "claimed", -row.uploads))

    def length(self, panel: str) -> int:
        """Rows of a list: uploads, counted, notes, devices, endpoints or alerts."""
        rows: dict[str, Sized] = {
            "uploads": self._uploads, "notes": self._notes, "devices": self._devices, "endpoints": self._endpoints,
            "alerts": self._alerts, "counted": self._counted,
        }  # fmt: skip
        return len(rows[panel])

    def device_at(self, ip: str) -> DeviceNews | None:
        """Device last seen at an address."""
        return self._by_ip.get(ip)


def _latest(rows: OrderedDict[Hashable, Row], key: Hashable, row: Row, most: int) -> None:
    rows[key] = row
    rows.move_to_end(key)
    if len(rows) > most:
        rows.popitem(last=False)

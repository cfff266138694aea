"""Makes news of what a live audit sees: uploads at once, devices, endpoints and alerts when they are judged anew."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.findings.encrypted import KNOWN_CLASSES, LEAST_BYTES, LEAST_KNOWN, UPWARD_SHARE
from netaudit.findings.uploads import MOVED, RETRIEVED, UPLOADED
from netaudit.live.judging import WAITING
from netaudit.live.news import AlertNews, DeviceNews, EndpointNews, Note, UploadNews
from netaudit.masking import mask
from netaudit.rows import ip_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.live.analysis import Analysis
    from netaudit.live.judging import Judgement, LiveJudge
    from netaudit.live.news import News
    from netaudit.live.witness import Find, Known, Memory

MOST_TOLD = 20_000  # devices, endpoints, alerts and flows of which the last news is remembered


@dataclass(slots=True)
class _Sent:
    """Bytes of payload and upward bursts from 8 KiB on, and how much of that was told."""

    up: int = 0
    down: int = 0
    bursts: int = 0
    told: int = 0
    bursts_told: int = 0

    def add(self, up: int, down: int, bursts: int) -> None:
        """What came since."""
        self.up, self.down, self.bursts = self.up + up, self.down + down, self.bursts + bursts


class Newsroom:
    """Turns what is remembered and judged into news; every row once, and again when it changes."""

    def __init__(self, memory: Memory, judge: LiveJudge | None, show: Callable[[News], None]) -> None:
        self._memory, self._judge, self._show = memory, judge, show
        self._vantage: Any = None
        self._endpoints: dict[str, dict[str, Any]] = {}  # by address, as last analysed
        self._collectors: set[str] = set()  # addresses that were sent faces
        self._told: dict[tuple[str, ...], News] = {}
        self._waiting: set[str] = set()  # objects that were told of before they were judged
        self._flows: dict[int, _Sent] = {}  # encrypted ones, by serial
        self._ends: dict[tuple[str, str, str], _Sent] = {}  # the same by sender, receiver and server name

    def step(self) -> None:
        """Tell of images that were judged, and of encrypted bursts, since the last step."""
        for find in self._memory.take_new():
            said = self._judge.take(find) if self._judge is not None else "not judged"
            if isinstance(said, str):
                self._upload(find, said)
            else:
                self._judged(said)
        if self._judge is not None:
            for done in self._judge.results():
                self._judged(done)
        for serial, known in self._memory.touched.items():
            self._encrypted(serial, known)
        self._memory.touched.clear()
        if len(self._flows) > MOST_TOLD:
            self._flows = {serial: sent for serial, sent in self._flows.items() if serial in self._memory.open}

    def finish(self, patience: float) -> None:
        """Tell of what is still being judged, as far as that ends in `patience` seconds."""
        self.step()
        if self._judge is not None:
            for done in self._judge.finish(patience):
                self._judged(done)

    def take(self, analysis: Analysis) -> None:
        """Tell what an analysis found that is new."""
        if analysis.vantage.side != (self._vantage.side if self._vantage is not None else "unknown"):
            self._show(Note("info", "vantage", {"side": analysis.vantage.side}))
        self._vantage = analysis.vantage
        self._endpoints = {row["ip"]: row for row in analysis.endpoints}
        for row in analysis.devices:
            self._tell(("device", row["device_id"]), _device(row))
        for row in analysis.endpoints:
            if row["scope"] == "outside":
                self._tell(("endpoint", row["ip"]), _endpoint(row))
        for row in analysis.findings:
            self._alert(row)

    def _tell(self, key: tuple[str, ...], news: News) -> None:
        if self._told.get(key) == news:
            return
        if key not in self._told and len(self._told) >= MOST_TOLD:
            self._told.pop(next(iter(self._told)))
        self._told[key] = news
        self._show(news)

    def _alert(self, row: dict[str, Any]) -> None:
        """An alert never shrinks: what has dropped out of a bounded memory was seen all the same."""
        key = ("alert", row["certainty"], row["act"], row["sender"], row["receiver"])
        news = AlertNews(
            row["certainty"], row["act"], row["sender"], row["receiver"], row["images"] or 0, row["reason"]
        )
        last = self._told.get(key)
        if not isinstance(last, AlertNews) or news.images > last.images or news.certainty == "D":
            self._tell(key, news)

    def _scope(self, ip: str) -> str:
        return str(self._vantage.scope(ip)) if self._vantage is not None else "unknown"

    def _names(self, ip: str) -> tuple[str, str]:
        """Name and service of an address, as last analysed."""
        row = self._endpoints.get(ip)
        return ((row["names"] or [""])[0], row["service"]) if row else ("", "")

    def _act(self, sender: str, receiver: str) -> str:
        way = self._scope(sender), self._scope(receiver)
        if way == ("inside", "outside"):
            return UPLOADED
        if way == ("inside", "inside"):
            return MOVED
        return RETRIEVED if way == ("outside", "inside") and sender in self._collectors else ""

    def _judged(self, done: Judgement) -> None:
        self._upload(done.find, done.verdict.face, whole=done.whole)

    def _shaped(self, whole: _Sent, receiver: str) -> bool:
        """As `findings.encrypted` judges flows that have ended."""
        endpoint = self._endpoints.get(receiver)
        known = endpoint is not None and endpoint["service_class"] in KNOWN_CLASSES
        return (whole.up >= LEAST_BYTES and whole.up >= UPWARD_SHARE * whole.down) or (
            known and whole.up >= LEAST_KNOWN
        )

    def _upload(self, find: Find, face: str, *, whole: bool = False) -> None:
        sender, receiver = ends(find.known, up=find.up)
        act = self._act(sender, receiver)
        if not find.up and act not in {RETRIEVED, MOVED}:
            return  # a picture that someone looked at
        again = find.object_id in self._waiting
        if face == WAITING:
            self._waiting.add(find.object_id)
        else:
            self._waiting.discard(find.object_id)
        is_face = face == "yes"
        if is_face and act == UPLOADED:
            self._collectors.add(receiver)
            if len(self._collectors) > MOST_TOLD:
                self._collectors.clear()
        name, service = self._names(receiver)
        grade = ("A" if find.complete and whole else "B") if is_face and act else ""
        self._show(
            UploadNews(
                ts=find.ts,
                seen_ts=time.time_ns(),
                sender_ip=sender,
                receiver_ip=receiver,
                receiver_name=(find.host if find.up else "") or name,
                service=service,
                scope=self._scope(receiver),
                kind=find.kind,
                size=find.size,
                face=face,
                certainty=grade,
                act=act,
                clear=True,
                object_id=find.object_id,
                flow_id=find.known.flow_id.hex(),
                again=again,
            )
        )

    def _encrypted(self, serial: int, known: Known) -> None:
        """A burst in an encrypted flow, where all flows of these ends together have the shape of an upload."""
        row = known.row()
        way = slice(None, None, -1) if known.swapped else slice(None)
        up, down = (int(size) for size in row["payload"][way])
        bursts = int(row["bursts"][1:].sum())
        sender, receiver = ends(known, up=True)
        key = (sender, receiver, known.server_name)
        flow = self._flows.setdefault(serial, _Sent())
        whole = self._ends.pop(key, None) or _Sent()
        self._ends[key] = whole  # the last one of the dictionary: what grew longest ago goes first
        if len(self._ends) > MOST_TOLD:
            del self._ends[next(iter(self._ends))]
        whole.add(up - flow.up, down - flow.down, bursts - flow.bursts)
        flow.add(up - flow.up, down - flow.down, bursts - flow.bursts)
        if flow.bursts <= flow.bursts_told or self._scope(receiver) == "inside" or not self._shaped(whole, receiver):
            return
        sent, flow.told, flow.bursts_told = flow.up - flow.told, flow.up, flow.bursts
        act = self._act(sender, receiver)
        name, service = self._names(receiver)
        self._show(
            UploadNews(
                ts=int(row["last_ts"]),
                seen_ts=time.time_ns(),
                sender_ip=sender,
                receiver_ip=receiver,
                receiver_name=mask(known.server_name[:256]) or name,
                service=service,
                scope=self._scope(receiver),
                kind="",
                size=sent,
                face="",
                certainty="D" if act == UPLOADED else "",
                act=act,
                clear=False,
                object_id="",
                flow_id=known.flow_id.hex(),
            )
        )


def ends(known: Known, *, up: bool) -> tuple[str, str]:
    """Sender and receiver of what went up (or down) a flow."""
    row = known.row()
    near, far = ("server", "client") if known.swapped else ("client", "server")
    client = ip_text(int(row[f"{near}_hi"]), int(row[f"{near}_lo"]))
    server = ip_text(int(row[f"{far}_hi"]), int(row[f"{far}_lo"]))
    return (client, server) if up else (server, client)


def _device(row: dict[str, Any]) -> DeviceNews:
    return DeviceNews(
        row["device_id"],
        (row["macs"] or [""])[0],
        (row["ips"] or [""])[0],
        row["name"] or "",
        row["vendor"] or "",
        row["class"] or "",
        row["model"] or "",
        row["class_confidence"] or "unknown",
    )


def _endpoint(row: dict[str, Any]) -> EndpointNews:
    return EndpointNews(
        row["ip"], (row["names"] or [""])[0], row["country"], row["service"], row["service_class"], row["scope"]
    )

"""Makes news of what a live audit sees: uploads at once, devices, endpoints and alerts when they are judged anew."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from netaudit.findings.encrypted import LEAST_BYTES, UPWARD_SHARE
from netaudit.findings.uploads import MOVED, RETRIEVED, UPLOADED
from netaudit.live.news import AlertNews, DeviceNews, EndpointNews, Note, UploadNews
from netaudit.masking import mask
from netaudit.rows import ip_text
from netaudit.streams.layouts import DOWN, UP

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.live.analysis import Analysis
    from netaudit.live.judging import Judgement, LiveJudge
    from netaudit.live.news import News
    from netaudit.live.witness import Find, Known, Memory

MOST_TOLD = 20_000  # devices, endpoints, alerts and flows of which the last news is remembered
LEAST_GROWTH = 32 * 1024  # encrypted bytes sent upwards in a flow before it is told of again


class Newsroom:
    """Turns what is remembered and judged into news; every row once, and again when it changes."""

    def __init__(self, memory: Memory, judge: LiveJudge | None, show: Callable[[News], None]) -> None:
        self._memory, self._judge, self._show = memory, judge, show
        self._vantage: Any = None
        self._endpoints: dict[str, dict[str, Any]] = {}  # by address, as last analysed
        self._collectors: set[str] = set()  # addresses that were sent faces
        self._told: dict[tuple[str, ...], News] = {}
        self._sent: dict[int, int] = {}  # by serial: upward bytes told of

    def step(self) -> None:
        """Tell of images that were judged, and of encrypted bursts, since the last step."""
        new = self._memory.take_new()
        if self._judge is None:
            for find in new:
                self._upload(find, "not judged", whole=False)
        else:
            for find in new:
                self._judge.take(find)
            for done in self._judge.results():
                self._judged(done)
        for serial, known in self._memory.touched.items():
            self._encrypted(serial, known)
        self._memory.touched.clear()
        if len(self._sent) > MOST_TOLD:
            self._sent = {serial: sent for serial, sent in self._sent.items() if serial in self._memory.open}

    def finish(self, patience: float) -> None:
        """Tell of what is still being judged, as far as that ends in `patience` seconds."""
        self.step()
        if self._judge is not None:
            for done in self._judge.finish(patience):
                self._judged(done)

    def take(self, analysis: Analysis) -> None:
        """Tell what an analysis found that is new."""
        if self._vantage is None or self._vantage.side != analysis.vantage.side:
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

    def _upload(self, find: Find, face: str, *, whole: bool) -> None:
        sender, receiver = ends(find.known, up=find.up)
        act = self._act(sender, receiver)
        if not find.up and act not in {RETRIEVED, MOVED}:
            return  # a picture that someone looked at
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
            )
        )

    def _encrypted(self, serial: int, known: Known) -> None:
        """An encrypted flow that has the shape of an upload: once, and again for every further piece."""
        row = known.row()
        up, down = (DOWN, UP) if known.swapped else (UP, DOWN)
        sent, got = int(row["payload"][up]), int(row["payload"][down])
        if sent < LEAST_BYTES or sent < UPWARD_SHARE * got or not int(row["bursts"][1:].sum()):
            return
        told = self._sent.get(serial, 0)
        if sent - told < LEAST_GROWTH:
            return
        sender, receiver = ends(known, up=True)
        if self._scope(receiver) == "inside":
            return
        self._sent[serial] = sent
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
                size=sent - told,
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

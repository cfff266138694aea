"""Makes news of what a live audit sees: uploads at once, devices, endpoints and alerts when they are judged anew."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from netaudit.findings.encrypted import KNOWN_CLASSES
from netaudit.findings.uploads import MOVED, RETRIEVED, UPLOADED
from netaudit.ground.masking import mask
from netaudit.live.bursts import Bursts
from netaudit.live.judging import WAITING
from netaudit.live.news import AlertNews, DeviceNews, EndpointNews, Note, UploadNews
from netaudit.live.witness import ends

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.live.analysis import Analysis
    from netaudit.live.judging import Judgement, LiveJudge
    from netaudit.live.news import News
    from netaudit.live.witness import Find, Known, Memory

MOST_UNPLACED = 500  # uploads that are told of once more when it is known which side is inside
MOST_TOLD = 20_000  # devices, endpoints and alerts of which the last news is remembered


class Newsroom:
    """Turns what is remembered and judged into news; every row once, and again when it changes."""

    def __init__(self, memory: Memory, judge: LiveJudge | None, show: Callable[[News], None]) -> None:
        self._memory, self._judge, self._show = memory, judge, show
        self._vantage: Any = None
        self._endpoints: dict[str, dict[str, Any]] = {}  # by address, as last analysed
        self._collectors: set[str] = set()  # addresses that were sent faces
        self._told: dict[tuple[str, ...], News] = {}
        self._waiting: set[str] = set()  # objects that were told of before they were judged
        self._unplaced: OrderedDict[str, tuple[Find, str, bool, bool]] = OrderedDict()  # … before the vantage was known
        self._bursts = Bursts()

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
        self._bursts.forget(self._memory.open)

    def finish(self, patience: float) -> None:
        """Tell of what is still being judged, as far as that ends in `patience` seconds."""
        self.step()
        if self._judge is not None:
            for done in self._judge.finish(patience):
                self._judged(done)
            for find in self._judge.left():
                self._upload(find, "not judged")

    def take(self, analysis: Analysis) -> None:
        """Tell what an analysis found that is new."""
        if analysis.vantage.side != (self._vantage.side if self._vantage is not None else "unknown"):
            self._show(Note("info", "vantage", {"side": analysis.vantage.side}))
        first = self._vantage is None or self._vantage.side == "unknown"
        self._vantage = analysis.vantage
        self._endpoints = {row["ip"]: row for row in analysis.endpoints}
        if first and analysis.vantage.side != "unknown":
            self._place()
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
            row["certainty"],
            row["act"],
            row["sender"],
            row["receiver"],
            row["images"] or 0,
            row["reason"],
            row["records"] or 0,
            row["persons"] or 0,
        )
        last = self._told.get(key)
        grown = not isinstance(last, AlertNews) or (news.images, news.records) > (last.images, last.records)
        if grown or news.certainty == "D":
            self._tell(key, news)

    def _place(self) -> None:
        """Tell of the uploads so far once more, now that they have an act."""
        unplaced, self._unplaced = self._unplaced, OrderedDict()
        for find, face, whole, told in unplaced.values():
            self._upload(find, face, whole=whole, again=told)

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

    def _upload(self, find: Find, face: str, *, whole: bool = False, again: bool = False) -> None:
        sender, receiver = ends(find.known, up=find.up)
        act = self._act(sender, receiver)
        again = again or find.object_id in self._waiting
        shown = again or find.up or act in {RETRIEVED, MOVED}  # else it is a picture that someone looked at
        if self._vantage is None or self._vantage.side == "unknown":
            self._unplaced[find.object_id] = (find, face, whole, shown)
            if len(self._unplaced) > MOST_UNPLACED:
                self._unplaced.popitem(last=False)
        if not shown:
            return
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
        flow, whole = self._bursts.follow(serial, known)
        sender, receiver = ends(known, up=True)
        endpoint = self._endpoints.get(receiver)
        service_known = endpoint is not None and endpoint["service_class"] in KNOWN_CLASSES
        fresh = flow.bursts > flow.bursts_told
        if not fresh or self._scope(receiver) == "inside" or not whole.shaped(known=service_known):
            return
        act = self._act(sender, receiver)
        name, service = self._names(receiver)
        self._show(
            UploadNews(
                ts=int(known.row()["last_ts"]),
                seen_ts=time.time_ns(),
                sender_ip=sender,
                receiver_ip=receiver,
                receiver_name=mask(known.server_name[:256]) or name,
                service=service,
                scope=self._scope(receiver),
                kind="",
                size=flow.take(),
                face="",
                certainty="D" if act == UPLOADED else "",
                act=act,
                clear=False,
                object_id="",
                flow_id=known.flow_id.hex(),
            )
        )


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

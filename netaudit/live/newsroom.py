"""Makes news of what a live audit sees: uploads at once, devices, endpoints and alerts when they are judged anew."""

from __future__ import annotations

import dataclasses
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.findings import acts
from netaudit.findings.acts import KNOWN_CLASSES, MOVED, RETRIEVED, UPLOADED, VIDEO
from netaudit.findings.identity import BACK_ENDS
from netaudit.findings.roles import PERSONAL_DEVICE
from netaudit.live.analysis import counted
from netaudit.live.bursts import Bursts
from netaudit.live.judging import WAITING
from netaudit.live.news import AlertNews, CountNews, DeviceNews, EndpointNews, Note, UploadNews
from netaudit.live.witness import NUMBER, ends
from netaudit.masking.mask import mask_host, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.case.reading import Case
    from netaudit.findings.roles import Actors
    from netaudit.live.analysis import Analysis
    from netaudit.live.judging import Judgement, LiveJudge
    from netaudit.live.news import News
    from netaudit.live.witness import Find, Known, Memory

MOST_KEPT = 2_000  # images that are told of once more when more is known: which side is inside, whose device it is
MOST_TOLD = 20_000  # devices, endpoints and alerts of which the last news is remembered


class Told(NamedTuple):
    """An image and what was said of it."""

    find: Find
    face: str
    whole: bool
    act: str
    grade: str
    shown: bool  # else it is a picture that someone looked at
    identity: bool = False
    pushed: bool = False


class Newsroom:
    """Turns what is remembered and judged into news; every row once, and again when it changes."""

    def __init__(self, memory: Memory, judge: LiveJudge | None, show: Callable[[News], None]) -> None:
        self._memory, self._judge, self._show = memory, judge, show
        self._vantage: Any = None
        self._actors: Actors | None = None  # as last analysed
        self._endpoints: dict[str, dict[str, Any]] = {}  # by address, as last analysed
        self._collectors: set[str] = set()  # addresses and host names that were sent faces
        self._pushed: dict[str, str] = {}  # faces that devices of the site sent outside, and as which object first
        self._back_ends: set[str] = set()  # addresses whose answers are judged by themselves, as last analysed
        self._told: dict[tuple[str, ...], News] = {}
        self._waiting: set[str] = set()  # objects that were told of before they were judged
        self._kept: OrderedDict[str, Told] = OrderedDict()  # by object
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
        self._vantage, self._actors = analysis.vantage, analysis.actors
        self._endpoints = {row["ip"]: row for row in analysis.endpoints}
        self._back_ends = {row["ip"] for row in analysis.endpoints if row["service_class"] in BACK_ENDS}
        self._judge_again()
        for row in analysis.devices:
            self._tell(("device", row["device_id"]), _device(row))
        for row in analysis.endpoints:
            if row["scope"] == "outside":
                self._tell(("endpoint", row["ip"]), _endpoint(row))
        for row in analysis.findings:
            self._alert(row)
        for row, test in analysis.counted:
            self._tell(("count", row["sender"], row["receiver"], row["name"]), _count(row, test))

    def settle(self, case: Case) -> None:
        """Tell last what the case says: its findings, and of each image kept whether it is in one of them.

        The case has seen all there was, a live run only what it could hold: where they differ the case is right.
        """
        columns = [
            "finding_id",
            "certainty",
            "act",
            "sender",
            "receiver",
            "images",
            "reason",
            "object_ids",
            "records",
            "persons",
        ]
        rows = case.table("findings").select(columns).to_pylist()
        faces = dict(zip(*(case.table("images")[name].to_pylist() for name in ("sha256", "face")), strict=True))
        seen = [row for row in rows if row["certainty"] != "C"]  # C names images where they came in: nobody saw them go
        ends = {object_id: (row["act"], row["certainty"]) for row in seen for object_id in row["object_ids"] or ()}
        persons = case.table("persons").select(["message_id", "kind", "certainty"]).to_pylist()
        numbered = {row["message_id"] for row in persons if (row["kind"], row["certainty"]) == NUMBER}
        for object_id, told in list(self._kept.items()):
            act, grade = ends.get(object_id, (told.act, ""))
            face = faces.get(told.find.sha256) or told.face
            identity = told.find.message_id in numbered
            if (act, grade, face, identity) != (told.act, told.grade, told.face, told.identity):
                self._say(told._replace(act=act, grade=grade, face=face, identity=identity), again=told.shown)
        for row in rows:
            self._tell(("alert", row["finding_id"]), _alert(row))
        for row, test in counted(case.table):
            self._tell(("count", row["sender"], row["receiver"], row["name"]), _count(row, test, final=True))
        found = {row["finding_id"] for row in rows}
        for key, news in list(self._told.items()):
            if isinstance(news, AlertNews) and key[1] not in found:
                self._tell(key, dataclasses.replace(news, withdrawn=True))

    def _tell(self, key: tuple[str, ...], news: News) -> None:
        if self._told.get(key) == news:
            return
        if key not in self._told and len(self._told) >= MOST_TOLD:
            self._told.pop(next(iter(self._told)))
        self._told[key] = news
        self._show(news)

    def _alert(self, row: dict[str, Any]) -> None:
        """An alert never shrinks: what has dropped out of a bounded memory was seen all the same."""
        key, news = ("alert", row["finding_id"]), _alert(row)
        last = self._told.get(key)
        grown = not isinstance(last, AlertNews) or (news.images, news.records) > (last.images, last.records)
        if grown or news.certainty == "D":
            self._tell(key, news)

    def _judge_again(self) -> None:
        """Tell of images once more of which it is known now what was done, or by whose device."""
        for told in list(self._kept.values()):
            self._upload(told.find, told.face, whole=told.whole, only_changed=True)

    def _scope(self, ip: str) -> str:
        return str(self._vantage.scope(ip)) if self._vantage is not None else "unknown"

    def _names(self, ip: str) -> tuple[str, str]:
        """Name and service of an address, as last analysed."""
        row = self._endpoints.get(ip)
        return ((row["names"] or [""])[0], row["service"]) if row else ("", "")

    def _act(self, find: Find, sender: str, receiver: str) -> str:
        collected = bool((self._collectors | self._back_ends) & {sender, find.host}) or find.sha256 in self._pushed
        return acts.act(find.protocol, self._scope(sender), self._scope(receiver), collected=collected)

    def _personal(self, ip: str, known: Known) -> bool:
        """Whether it is a visitor's own device, as far as is known."""
        return self._actors is not None and self._actors.role(ip, known.flow_id.hex())[0] == PERSONAL_DEVICE

    def _judged(self, done: Judgement) -> None:
        self._upload(done.find, done.verdict.face, whole=done.whole)

    def _upload(self, find: Find, face: str, *, whole: bool = False, only_changed: bool = False) -> None:
        """Judge an image as the case will, as far as is known now, and tell of it."""
        sender, receiver = ends(find.known, up=find.up)
        act = self._act(find, sender, receiver)
        last = self._kept.get(find.object_id)
        again = (last is not None and last.shown) or find.object_id in self._waiting
        shown = again or find.up or act in {RETRIEVED, MOVED, VIDEO}
        is_face = acts.telling(face, complete=find.complete, whole=whole)
        device = acts.acting(act, sender, receiver)
        grade = self._grade(find, device, face, whole=whole) if is_face and act else ""
        identity = find.message_id in self._memory.numbered
        pushed = self._pushed.get(find.sha256, find.object_id) != find.object_id
        self._collect(find, sender, receiver, face=is_face)
        self._push(find, sender, receiver, face=is_face)
        if only_changed and last is not None and (act, grade, identity) == (last.act, last.grade, last.identity):
            return
        if face == WAITING and shown:
            self._waiting.add(find.object_id)
        elif face != WAITING:
            self._waiting.discard(find.object_id)
        self._say(Told(find, face, whole, act, grade, shown, identity, pushed), again=again)

    def _grade(self, find: Find, device: str, face: str, *, whole: bool) -> str:
        """Certainty of a face that a device inside moved; none of a visitor's own."""
        if self._personal(device, find.known):
            return ""
        undecided = self._actors is not None and self._actors.undecided(device, find.known.flow_id.hex())
        return acts.certainty(complete=find.complete, whole=whole, face=face, lessened=undecided)

    def _collect(self, find: Find, sender: str, receiver: str, *, face: bool) -> None:
        personal = self._personal(sender, find.known)
        scopes = self._scope(sender), self._scope(receiver)
        if acts.collects(*scopes, face=face, upload=find.up, personal=personal):
            self._collectors |= {receiver, find.host} - {""}
            if len(self._collectors) > MOST_TOLD:
                self._collectors.clear()

    def _push(self, find: Find, sender: str, receiver: str, *, face: bool) -> None:
        outward = (self._scope(sender), self._scope(receiver)) == ("inside", "outside")
        if face and outward and not self._personal(sender, find.known):
            self._pushed.setdefault(find.sha256, find.object_id)
            if len(self._pushed) > MOST_TOLD:
                self._pushed.clear()

    def _say(self, told: Told, *, again: bool) -> None:
        find = told.find
        shown = told.shown or bool(told.grade)
        self._kept[find.object_id] = told._replace(shown=shown)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        if not shown:
            return
        sender, receiver = ends(find.known, up=find.up)
        name, service = self._names(receiver)
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
                face=told.face,
                certainty=told.grade,
                act=told.act,
                clear=True,
                object_id=find.object_id,
                flow_id=find.known.flow_id.hex(),
                again=again,
                identity=told.identity,
                pushed=told.pushed,
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
        act = acts.act("", self._scope(sender), self._scope(receiver), collected=False)
        graded = act == UPLOADED and not self._personal(sender, known)
        name, service = self._names(receiver)
        self._show(
            UploadNews(
                ts=int(known.row()["last_ts"]),
                seen_ts=time.time_ns(),
                sender_ip=sender,
                receiver_ip=receiver,
                receiver_name=shortened(mask_host, known.server_name, 256) or name,
                service=service,
                scope=self._scope(receiver),
                kind="",
                size=flow.take(),
                face="",
                certainty="D" if graded else "",
                act=act,
                clear=False,
                object_id="",
                flow_id=known.flow_id.hex(),
            )
        )


def _alert(row: dict[str, Any]) -> AlertNews:
    return AlertNews(
        row["certainty"], row["act"], row["sender"], row["receiver"], row["images"] or 0, row["reason"],
        row["records"] or 0, row["persons"] or 0, row["finding_id"],
    )  # fmt: skip


def _count(row: dict[str, Any], test: dict[str, Any] | None, *, final: bool = False) -> CountNews:
    tie = {name: test[name] for name in ("moments", "followed", "window_s", "p", "standing")} if test else {}
    return CountNews(
        row["sender"], row["receiver"], row["name"], row["devices"], row["uploads"], row["bytes_low"],
        row["bytes_high"], row["first_ts"], row["last_ts"], row["hours_from"], tuple(row["per_hour"]), row["shape"],
        final=final, **tie,
    )  # fmt: skip


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

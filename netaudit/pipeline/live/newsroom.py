"""Makes news of what a live audit sees: uploads at once, devices, endpoints and alerts when they are judged anew."""

from __future__ import annotations

import dataclasses
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.core.masking.mask import mask_host, shortened
from netaudit.core.schema import FLOWS, MESSAGES
from netaudit.findings.acts import ABROAD, KNOWN_CLASSES, Sent, is_one_of
from netaudit.findings.identity import BACK_ENDS
from netaudit.findings.roles import PERSONAL_DEVICE, Actors
from netaudit.findings.transfers import CLEAR, Transfer
from netaudit.findings.uploads import Looked, faces_sent_outside, judged, way_of
from netaudit.findings.vocabulary import COUNTED, UPLOADED, kind_of
from netaudit.pipeline.finds import ends
from netaudit.pipeline.live.analysis import counted
from netaudit.pipeline.live.bursts import Bursts
from netaudit.pipeline.live.news import AlertNews, CountNews, DeviceNews, EndpointNews, Note, UploadNews
from netaudit.pipeline.live.witness import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from netaudit.evidence.case.reading import Case
    from netaudit.findings.bearing import Bearing
    from netaudit.pipeline.finds import Find, Known
    from netaudit.pipeline.live.analysis import Analysis
    from netaudit.pipeline.live.judging import LiveJudge
    from netaudit.pipeline.live.news import News
    from netaudit.pipeline.live.witness import Memory

LOOKED_AT = frozenset({"yes", "possible", "no"})  # of images.face: whether a face was clear, is known of these
MOST_KEPT = 2_000  # images that are told of once more when more is known: which side is inside, whose device it is
MOST_TOLD = 20_000  # devices, endpoints and alerts of which the last news is remembered


class Told(NamedTuple):
    """An image and what was said of it."""

    find: Find
    row: Transfer
    pushed: bool  # whether it had been sent outside before
    act: str = ""
    grade: str = ""
    shown: bool = False  # else it is a picture that someone looked at
    identity: bool = False


class Newsroom:
    """Turns what is remembered and judged into news; every row once, and again when it changes."""

    def __init__(self, memory: Memory, judge: LiveJudge | None, show: Callable[[News], None]) -> None:
        self._memory, self._judge, self._show = memory, judge, show
        self._vantage: Any = None
        self._actors = Actors((), {table.name: table.schema().empty_table() for table in (MESSAGES, FLOWS)})
        self._bearing: Bearing | None = None  # both as last analysed
        self._endpoints: dict[str, dict[str, Any]] = {}  # by address, as last analysed
        self._sent = Sent()  # faces that devices of the site sent outside, and whereto
        self._back_ends: set[str] = set()  # addresses and hosts whose answers are judged by themselves …
        self._brought: set[int] = set()  # … and images that come back, as last analysed
        self._told: dict[tuple[str, ...], News] = {}
        self._kept: OrderedDict[str, Told] = OrderedDict()  # by object
        self._looked = Looked()  # counts of ways only
        self._cleared: set[str] = set()  # objects of ways whose pictures bear more, or less, than before
        self._changed: OrderedDict[str, None] = OrderedDict()  # objects that came, or were judged, since last told
        self._let_go = 0  # images of which no more is told
        self._bursts = Bursts()

    def step(self) -> None:
        """Tell of images that were judged, and of encrypted bursts, since the last step."""
        for find in self._memory.flush_new():
            outcome = self._judge.judge(find) if self._judge is not None else "not judged"
            if isinstance(outcome, str):
                self._seen(find, outcome)
            else:
                self._seen(outcome.find, outcome.verdict.face, whole=outcome.whole, score=outcome.verdict.score)
        if self._judge is not None:
            for done in self._judge.results():
                self._seen(done.find, done.verdict.face, whole=done.whole, score=done.verdict.score)
        self._judge_again()
        for serial, known in self._memory.touched.items():
            self._encrypted(serial, known)
        self._memory.touched.clear()
        self._bursts.forget(self._memory.open)

    def finish(self, patience: float) -> None:
        """Tell of what is still being judged, as far as that ends in `patience` seconds."""
        self.step()
        if self._judge is not None:
            for done in self._judge.finish(patience):
                self._seen(done.find, done.verdict.face, whole=done.whole, score=done.verdict.score)
            for find in self._judge.left():
                self._seen(find, "not judged")
            self._judge_again()

    def report(self, analysis: Analysis) -> None:
        """Tell what an analysis found that is new."""
        if analysis.vantage.side != (self._vantage.side if self._vantage is not None else "unknown"):
            self._show(Note("info", "vantage", {"side": analysis.vantage.side}))
        self._vantage, self._bearing = analysis.vantage, analysis.bearing
        self._actors = analysis.actors or self._actors
        self._endpoints = {row["ip"]: row for row in analysis.endpoints}
        self._back_ends = {row["ip"] for row in analysis.endpoints if row["service_class"] in BACK_ENDS}
        self._back_ends |= analysis.own.hosts
        self._brought = analysis.own.digests
        rows = [kept.row for kept in self._kept.values()]
        self._note_sent(rows)
        self._judge_rows(rows, ())
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
            "rule",
            "sender",
            "receiver",
            "reason",
            "object_ids",
            "persons",
            *COUNTED,
        ]
        rows = case.table("findings").select(columns).to_pylist()
        faces = dict(zip(*(case.table("images")[name].to_pylist() for name in ("sha256", "face")), strict=True))
        seen = [row for row in rows if row["certainty"] != "C"]  # C names images where they came in: nobody saw them go
        ends = {object_id: (row["act"], row["certainty"]) for row in seen for object_id in row["object_ids"] or ()}
        persons = case.table("persons").select(["message_id", "kind", "certainty"]).to_pylist()
        numbered = {row["message_id"] for row in persons if (row["kind"], row["certainty"]) == NUMBER}
        for object_id, kept in list(self._kept.items()):
            act, grade = ends.get(object_id, (kept.act, ""))
            face = faces.get(kept.find.sha256) or kept.row.face
            identity = kept.find.message_id in numbered
            if (act, grade, face, identity) != (kept.act, kept.grade, kept.row.face, kept.identity):
                moved = kept.row._replace(face=face)
                self._say(kept._replace(row=moved, act=act, grade=grade, identity=identity), again=kept.shown)
        if self._let_go:
            self._show(Note("info", "let_go_in_all", {"images": self._let_go}))
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
        grown = not isinstance(last, AlertNews) or _counts(news) > _counts(last)
        if grown or news.certainty == "D":
            self._tell(key, news)

    def _scope(self, ip: str) -> str:
        return str(self._vantage.scope(ip)) if self._vantage is not None else "unknown"

    def _names(self, ip: str) -> tuple[str, str]:
        """Name and service of an address, as last analysed."""
        row = self._endpoints.get(ip)
        return ((row["names"] or [""])[0], row["service"]) if row else ("", "")

    def _personal(self, ip: str, known: Known) -> bool:
        """Whether it is a visitor's own device, as far as is known."""
        return is_one_of({PERSONAL_DEVICE}, self._actors, ip, known.flow_id.hex())

    def _seen(self, find: Find, face: str, *, whole: bool = False, score: float = 0.0) -> None:
        """An image, or its judgement, has come."""
        last = self._kept.get(find.object_id)
        pushed = last.pushed if last is not None else False
        row = _transfer(find, face, whole=whole, sure=face not in LOOKED_AT or (face != "no" and score >= CLEAR))
        if face in LOOKED_AT and (last is None or last.row.face not in LOOKED_AT) and len(self._looked) < MOST_KEPT:
            self._count(row)
        self._kept[find.object_id] = Told(
            find, row, pushed or row.digest in self._sent.what, *(last[3:] if last is not None else ())
        )
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
            if not self._let_go:
                self._show(Note("info", "let_go", {"kept": MOST_KEPT}))
            self._let_go += 1
        self._note_sent([row])
        self._changed[find.object_id] = None

    def _count(self, row: Transfer) -> None:
        """Take how an image was judged; what it changes for others of its way is told."""
        way = way_of(row)
        before = way in self._looked.clear, self._looked.borne(way)
        self._looked.count(row)
        if (way in self._looked.clear, self._looked.borne(way)) != before:
            self._cleared |= {key for key, kept in self._kept.items() if way_of(kept.row) == way}

    def _note_sent(self, rows: list[Transfer]) -> None:
        """Remember what of some images was sent outside, for what comes back later."""
        sent = faces_sent_outside(rows, self._scope, self._actors, self._bearing)
        if len(self._sent.whereto) + len(self._sent.what) > MOST_TOLD:
            self._sent = Sent()
        self._sent.add(sent)

    def _judge_again(self) -> None:
        """Tell of images that changed, and of answers of which it is known only now that they are retrieved."""
        changed, self._changed = self._changed, OrderedDict()
        cleared, self._cleared = self._cleared, set()
        rows = [
            kept.row
            for key, kept in self._kept.items()
            if key in changed or key in cleared or not (kept.shown or kept.row.upload)
        ]
        self._judge_rows(rows, changed)

    def _judge_rows(self, rows: list[Transfer], changed: Container[str]) -> None:
        """Judge images as the case will, as far as is known now, and tell what is new."""
        done = judged(
            rows,
            self._scope,
            self._actors,
            self._back_ends,
            self._bearing,
            self._sent,
            self._brought,
            self._looked.clear,
        )
        acts = {one.row.object_id: (one.act, one.grade if self._looked.bears(one.row) else "") for one in done}
        for row in rows:
            act, grade = acts.get(row.object_id, (None, ""))
            kept = self._kept[row.object_id]
            again = kept.shown
            shown = again or row.upload or bool(grade) or (act is not None and act.live)
            identity = row.message_id in self._memory.numbered
            name = act.name if act is not None else ""
            if shown and (row.object_id in changed or (name, grade, identity) != (kept.act, kept.grade, kept.identity)):
                self._say(kept._replace(act=name, grade=grade, identity=identity, shown=True), again=again)

    def _say(self, kept: Told, *, again: bool) -> None:
        find = kept.find
        shown = kept.shown or bool(kept.grade)
        self._kept[find.object_id] = kept._replace(shown=shown)
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
                face=kept.row.face,
                certainty=kept.grade,
                act=kept.act,
                clear=True,
                object_id=find.object_id,
                flow_id=find.known.flow_id.hex(),
                again=again,
                identity=kept.identity,
                pushed=kept.pushed,
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
        outward = (self._scope(sender), self._scope(receiver)) == ABROAD
        graded = outward and not self._personal(sender, known)
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
                size=flow.flush(),
                face="",
                certainty="D" if graded else "",
                act=UPLOADED.name if outward else "",
                clear=False,
                object_id="",
                flow_id=known.flow_id.hex(),
            )
        )


def _transfer(find: Find, face: str, *, whole: bool, sure: bool) -> Transfer:
    """An image on its way, as the case has it."""
    client, server = ends(find.known, up=True)
    sender, receiver = (client, server) if find.up else (server, client)
    return Transfer(
        object_id=find.object_id,
        sha256=find.sha256,
        size=find.size,
        complete=find.complete,
        face=face,
        whole_image=whole,
        sure=sure,
        message_id=find.message_id,
        protocol=find.protocol,
        flow_id=find.known.flow_id.hex(),
        capture_id="",
        sender=sender,
        receiver=receiver,
        upload=find.up,
        host=find.host,
        path="",
        client=client,
        server=server,
        server_port=0,
        transport="",
        first_ts=find.ts,
        last_ts=find.ts,
    )


def _counts(news: AlertNews) -> tuple[int, ...]:
    return tuple(getattr(news, name) for name in COUNTED)


def _alert(row: dict[str, Any]) -> AlertNews:
    counted: dict[str, Any] = {name: row[name] or 0 for name in COUNTED}
    return AlertNews(
        row["certainty"], row["act"], row["sender"], row["receiver"], reason=row["reason"],
        persons=row["persons"] or 0, finding_id=row["finding_id"], kind=kind_of(row).name, **counted,
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

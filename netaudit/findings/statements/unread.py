"""What was not read, judged or understood, from the rows of `ledgers` and of `vantages`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.contracts.learning import HIDING
from netaudit.findings.accounts import POSSIBLE, SHOWN, SPREAD, UNPLACED, UNSURE
from netaudit.findings.apart import CHANCE
from netaudit.findings.ledgers import JUDGING, REFUSED, SET_ASIDE
from netaudit.findings.statements.kind import LAST, MOST_NAMED, Kind, Statement, Tables
from netaudit.findings.statements.ledger_rows import left_open, open_rows, total, vantages
from netaudit.findings.understanding import LEARNED_FROM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _posters(tables: Tables) -> Iterator[Statement]:
    """Images of faces that stay alike for hours: counted apart, left out nowhere."""
    table = tables["ledgers"]
    rows = table.filter(pc.equal(table["ledger"], "posters")).to_pylist()
    if rows:
        counts = {"n": sum(row["count"] or 0 for row in rows), "subjects": len(rows)}
        subjects = sorted({row["subject"] for row in rows})
        yield Statement("posters", counts=counts, subjects=subjects[:MOST_NAMED])


def _stage(kind: str, *reasons: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on a stage that did not come to its end."""

    def make(tables: Tables) -> Iterator[Statement]:
        rows = [row for row in open_rows(tables, "stages") if row["reason"] in reasons]
        if rows:
            yield Statement(kind, counts={"packets": rows[0]["count"] or 0})

    return make


def _interruptions(tables: Tables) -> list[dict[str, Any]]:
    return [row for row in open_rows(tables, "stages") if row["reason"] == "interrupted"]


def _judging_interrupted(tables: Tables) -> Iterator[Statement]:
    """That somebody ended an audit while its images were judged, and how many are left."""
    for row in _interruptions(tables):
        if row["subject"] == JUDGING:
            yield Statement("judging_interrupted", counts={"n": row["count"] or 0, "all": tables["images"].num_rows})


def _interrupted(tables: Tables) -> Iterator[Statement]:
    """How far an audit had got that did not come to its end."""
    stages = [row for row in _interruptions(tables) if row["subject"] != JUDGING]
    if not stages:
        return
    ledgers, captures = tables["ledgers"], tables["captures"]
    inputs = ledgers.filter(pc.equal(ledgers["ledger"], "inputs")).to_pylist()
    files = Counter[str]()
    for row in inputs:
        files[row["reason"]] += row["count"] or 0
    last = pc.max(captures["last_ts"].cast("int64")).as_py()
    read = captures.num_rows
    counts = {
        "packets": stages[0]["count"] or 0,
        "until": last or 0,
        "bytes": sum(row["bytes"] or 0 for row in inputs),
        "all_bytes": pc.sum(captures["size"]).as_py() or 0,
        "files": read,
        "part": files["read in part"],
        "unread": files["not read"],
    }
    yield Statement("interrupted", counts=counts | {"whole": read - counts["part"] - counts["unread"]})


def _inputs(tables: Tables) -> Iterator[Statement]:
    """Inputs that are damaged or could not be read, of those that are captures or should have been."""
    for one in left_open("inputs", "inputs", "damaged", REFUSED, subjects=True)(tables):
        aside = pc.is_in(tables["ledgers"]["reason"], pa.array(SET_ASIDE))
        captures = tables["ledgers"].filter(pc.invert(aside))
        yield replace(one, counts=one.counts | {"all": total({"ledgers": captures}, "inputs")})


def _not_understood(tables: Tables) -> Iterator[Statement]:
    """Messages with a face or a person; those of which bounds cut something off are told apart."""
    ledgers = tables["ledgers"]
    about = ledgers.filter(pc.not_equal(ledgers["subject"], LEARNED_FROM))
    yield from left_open("not_understood", "understanding")({"ledgers": about})


def _outside_period(tables: Tables) -> Iterator[Statement]:
    count = sum(row["count"] for row in open_rows(tables, "packets") if row["reason"] == "outside_period")
    if count:
        yield Statement("outside_period", counts={"n": count, "all": total(tables, "packets")})


def _undecoded(tables: Tables) -> Iterator[Statement]:
    rows = [row for row in open_rows(tables, "packets") if row["reason"] != "outside_period"]
    if rows:
        yield Statement(
            "undecoded", counts={"n": sum(row["count"] or 0 for row in rows), "all": total(tables, "packets")}
        )


CLOCK_OFF = 5.0  # seconds from which on a clock is said to be off


def _heard(tables: Tables) -> Iterator[Statement]:
    """Captures that heard the unicast of some devices only, where not all is one device's."""
    rows = [row for row in vantages(tables) if row["heard"] < row["devices"] and not row["port_of"]]
    if rows:
        one = min(rows, key=lambda row: (row["heard"] - row["devices"], row["capture_id"]))
        counts = {"heard": one["heard"], "devices": one["devices"], "captures": len(rows)}
        yield Statement("heard", counts=counts, subjects=[row["capture_id"] for row in rows][:MOST_NAMED])


def _one_port(tables: Tables) -> Iterator[Statement]:
    """Captures in which one device is an end of everything."""
    rows = [row for row in vantages(tables) if row["port_of"]]
    if rows:
        others = sum(row["devices"] - 1 for row in rows)
        counts = {"captures": len(rows), "others": others}
        yield Statement("one_port", counts=counts, subjects=sorted({row["port_of"] for row in rows})[:MOST_NAMED])


def _clock_off(tables: Tables) -> Iterator[Statement]:
    """Captures whose clock is off by what servers outside state."""
    rows = [row for row in vantages(tables) if abs(row["clock_off_s"] or 0) >= CLOCK_OFF]
    if rows:
        seconds = round(max(abs(row["clock_off_s"]) for row in rows))
        counts = {"captures": len(rows), "seconds": seconds}
        yield Statement("clock_off", counts=counts, subjects=[row["capture_id"] for row in rows][:MOST_NAMED])


def _incomplete(tables: Tables) -> Iterator[Statement]:
    count = pc.sum(pc.invert(tables["images"]["complete"])).as_py() if tables["images"].num_rows else 0
    if count:
        yield Statement("incomplete", counts={"images": count, "all": tables["images"].num_rows})


UNREAD = (
    Kind(
        "interrupted", _interrupted,
        "已中断，仅审计了部分数据：{packets} 个数据包，最后一个的时间为 {until:time}；"
        "已读取 {all_bytes:size} 中的 {bytes:size}，"
        "{files} 个文件中完整读取 {whole} 个，部分读取 {part} 个，未读取 {unread} 个",
        "INTERRUPTED, only a part was audited: {packets:packet|packets}, the last of {until:time}; read were "
        "{bytes:size} of {all_bytes:size}, of {files:file|files} {whole} whole, {part} in part, {unread} not at all",
        LAST,
    ),
    Kind(
        "judging_interrupted", _judging_interrupted,
        "已中断，图像未全部判定：{all} 张不同图像中有 {n} 张尚未查看，此处结论只基于已查看的图像",
        "INTERRUPTED while images were judged: {n} of {all:distinct image|distinct images} were not looked at, and "
        "what is said here rests on the others",
        LAST,
    ),
    Kind(
        "no_packets", _stage("no_packets", "no packets"),
        "未读到任何数据包，无从判断",
        "No packet was read: nothing can be said",
        LAST,
    ),
    Kind(
        "none_decoded", _stage("none_decoded", "none decoded"),
        "读取的 {packets} 个数据包均未解码，无从判断",
        "None of {packets:packet|packets} read could be decoded: nothing can be said",
        LAST,
    ),
    Kind(
        "no_vantage", _stage("no_vantage", "vantage unknown"),
        "无法判断抓包位置在路由器哪一侧，因此未对上传作出判定：请用 --inside CIDR 指明内部网段",
        "It cannot be told which side of the router was captured, so no upload was judged: say --inside CIDR",
        LAST,
    ),
    Kind(
        "contested", left_open("contested", "contested", "called a phone", subjects=True),
        "发现中有 {n} 张次人脸图像、{bytes:size} 的发送方自称手机或平板，但证据不足或相互矛盾",
        "contested: {n:face image|face images} and {bytes:size} in findings are of senders that call themselves phones",
        LAST,
    ),
    Kind(
        "contested_addresses", left_open("contested_addresses", "contested", "address", subjects=True),
        "{n} 个网段或地址被声称在内部，但依据为链路上任何主机均可伪造，未予采信（{why}）",
        "{n:network or address is|networks or addresses are} said to be inside by what any host on the link can forge, "
        "which was not followed ({why})",
        LAST,
    ),
    Kind(
        "contested_inside", left_open("contested_inside", "contested", "declared inside", subjects=True),
        "审计人声明为内部的 {n} 个网段含有公网服务的地址，发往其中的内容未作为外传判定（{why}）",
        "{n:network that was|networks that were} declared to be inside {n:holds|hold} public addresses of services: "
        "what went there is not judged as having left ({why})",
        LAST,
    ),
    Kind(
        "contradictions", left_open("contradictions", "contradictions"),
        "{n} 个连接中的数据包相互矛盾，接收方实际收到的内容并不确定；两种读法均已读取（{why}）",
        "packets of {n:connection|connections} contradict each other, so that what the receivers took is not certain; "
        "both readings were read ({why})",
        LAST,
    ),
    Kind(
        "evicted", left_open("evicted", "evicted"),
        "{n} 个连接因同时存在的连接过多而提前结束读取，此后的数据按新连接读取",
        "{n:connection was|connections were} ended early, as too many were open at once: what followed was read as "
        "connections of its own",
        LAST,
    ),
    Kind(
        "bounds", left_open("bounds", "bounds"),
        "{n} 个连接超出归纳判断的上限（{why}）",
        "{n:connection is|connections are} beyond a bound of what is concluded from all of them ({why})",
        LAST,
    ),
    Kind(
        "numbers_by_chance", left_open("numbers_by_chance", "apart", CHANCE, subjects=True),
        "{n} 个校验位正确、形似身份证件号码的号码传出，旁无任何名称，"
        "且与校验位不正确的号码同列，每列中正确者不多于偶然",
        "{n:number in the form of an identity number|numbers in the form of identity numbers} left in series that "
        "nothing names, in each of which no more check digits are right than chance gives",
        LAST,
    ),
    Kind(
        "faces_apart", left_open("faces_apart", "faces", POSSIBLE, UNSURE, SHOWN, SPREAD, UNPLACED),
        "{n} 张次有人脸或疑似人脸的图像未列入任何发现（{why}）",
        "{n:image with a face or a possible one is|images with a face or a possible one are} in no finding ({why})",
        LAST,
    ),
    Kind(
        "left_unread", left_open("left_unread", "egress", unit="bytes"),
        "由内向外传出的内容中有 {bytes:size} 未能读懂或未逐一判断（{why}）",
        "{bytes:size} of what left from inside was not understood or not judged ({why})",
        LAST,
    ),
    Kind(
        "names", left_open("names", "names", subjects=True),
        "查询或声明的 {n} 个名称中有 {bytes:size} 无人能读懂，可能借名称传出内容",
        "{bytes:size} in {n:name|names} that hosts asked for or declared would be read by nobody: content may have "
        "left in names",
        LAST,
    ),
    Kind(
        "documents", left_open("documents", "documents", subjects=True),
        "{n} 条发往外部的消息中有文档未读懂到结尾，共 {bytes:size}",
        "documents in {n:message|messages} to the outside were not understood to their end: {bytes:size} of them",
        LAST,
    ),
    Kind(
        "not_understood", _not_understood,
        "{all} 条含人脸、人员信息或生物特征模板的消息中有 {n} 条未能读懂其时间、地点和对象",
        "of {all:message|messages} with a face, a person or a biometric template {n} were not understood: when, where "
        "and of whom nobody knows",
        LAST,
    ),
    Kind(
        "posters", _posters,
        "{subjects} 台设备发送的人脸图像中有 {n} 张次在数小时内大小和像素始终相同（可能为海报或屏幕），"
        "同样计入以上数字",
        "{n} of the face images that {subjects:sender|senders} sent stay alike in size and pixels for hours (a poster "
        "or screen, perhaps); they are counted above, too",
        LAST,
    ),
    Kind(
        "templates", left_open("templates", "templates", subjects=True),
        "{n} 组形似生物特征模板的数列传往外部，无任何内容表明其用途",
        "{n:list of numbers|lists of numbers} in the form of biometric templates left, of which nothing says what they "
        "are",
        LAST,
    ),
    Kind(
        "not_learned", left_open("not_learned", "understanding", *sorted(HIDING)),
        "{n} 条消息达到学习上限，其中可能还有人员信息未查看（{why}）",
        "bounds of learning were reached in {n:message|messages}; who else stands in them was not looked at ({why})",
        LAST,
    ),
    Kind(
        "unjudged", left_open("unjudged", "images"),
        "{all} 张不同图像中有 {n} 张未作人脸判定（{why}）",
        "not judged for faces: {n} of {all:distinct image|distinct images} ({why})",
        LAST,
    ),
    Kind(
        "key_frames", left_open("key_frames", "key frames"),
        "{n} 处视频关键帧未能解码查看（{why}）",
        "{n:key frame or video stream was|key frames or video streams were} not looked at ({why})",
        LAST,
    ),
    Kind(
        "inputs", _inputs,
        "{all} 个输入中有 {n} 个损坏或未能读取（{why}）",
        "damaged or not read: {n} of {all:input|inputs} ({why})",
        LAST,
    ),
    Kind(
        "signatures", left_open("signatures", "signatures"),
        "{n} 条特征未能加载（{why}）",
        "{n:signature was|signatures were} not loaded ({why})",
        LAST,
    ),
    Kind(
        "outside_period", _outside_period,
        "{all} 个数据包中有 {n} 个不在所选时间范围内，未作审计",
        "outside the chosen period and not audited: {n} of {all:packet|packets}",
        LAST,
    ),
    Kind(
        "keys", left_open("keys", "keys"),
        "可用密钥解开的 {all} 个连接中有 {n} 个未解开或仅部分解开（{why}）",
        "with keys, {n} of {all:connection was|connections were} not opened, or only in part ({why})",
        LAST,
    ),
    Kind(
        "readers", left_open("readers", "readers", subjects=True),
        "{n} 处协议读取失败，其后仅按特征搜寻图像",
        "{n:reader|readers} failed: what followed was only searched for images",
        LAST,
    ),
    Kind(
        "one_port", _one_port,
        "{captures} 份捕获中的每次双向会话均有同一台设备：其余 {others} 台设备与他方的通信未被听到，"
        "对它们不能得出任何结论",
        "in {captures:capture|captures} one device is an end of every exchange: what "
        "{others:other device|other devices} said to anybody else was not heard, and nothing follows for them",
        LAST,
    ),
    Kind(
        "heard", _heard,
        "{captures} 份捕获仅听到部分设备的单播（其中一份为 {devices} 台中的 {heard} 台）",
        "{captures:capture|captures} heard the unicast of some devices only (of one: {heard} of "
        "{devices:device|devices})",
        LAST,
    ),
    Kind(
        "clock_off", _clock_off,
        "{captures} 份捕获的记录时钟与外部服务器所述时间不符，最多相差 {seconds} 秒",
        "the recorder's clock of {captures:capture|captures} is off by what servers outside state, by up to "
        "{seconds:second|seconds}",
        LAST,
    ),
    Kind(
        "undecoded", _undecoded,
        "{all} 个数据包中有 {n} 个未能解码",
        "not decoded: {n} of {all:packet|packets}",
        LAST,
    ),
    Kind(
        "dropped", left_open("dropped", "lost", "lost while capturing"),
        "采集端丢失 {n} 个数据包",
        "{n:packet was|packets were} lost while capturing",
        LAST,
    ),
    Kind(
        "missing", left_open("missing", "lost", "missing bytes"),
        "{n} 个连接中有 {bytes:size} 已发送而不在捕获中",
        "{bytes:size} of {n:connection|connections} were sent and are not in the captures",
        LAST,
    ),
    Kind(
        "limits", left_open("limits", "limits"),
        "{n} 条消息达到处理上限，超出部分未查看（{why}）",
        "bounds were reached in {n:message|messages}, and what lies beyond was not looked at ({why})",
        LAST,
    ),
    Kind(
        "payload", left_open("payload", "payload", unit="bytes"),
        "{all_bytes:size} 传输内容中有 {bytes:size} 未能读取（{why}）",
        "{bytes:size} of {all_bytes:size} of payload could not be read ({why})",
        LAST,
    ),
    Kind(
        "incomplete", _incomplete,
        "{images} 张图像在捕获中不完整",
        "{images:image is|images are} incomplete in the capture",
        LAST,
    ),
)  # fmt: skip

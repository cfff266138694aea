"""The verdict as data: statements made from tables alone, in one order, each worded in both languages.

`KINDS` is the list, and its order that of the verdict: what left in clear; what was retrieved; C; D; what moved inside;
what was not judged or not read. A statement is added by one entry: its maker and its two wordings (`saying.py` has
their notation). `page` is the sentence of a first page it goes into, LAST for what was not judged or not read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.findings.accounts import OWN, POSSIBLE, SPREAD, UNPLACED
from netaudit.findings.acts import MOVED, RETRIEVED, UPLOADED, VIDEO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

Tables = dict[str, "pa.Table"]
FIRST, SECOND, LAST = 1, 2, 3  # sentences of a first page
CAP = 1000  # what validation bears: a chance is not said to be below 1 in so many
MOST_NAMED = 100  # subjects, and pieces of evidence, of a statement; counts tell of all


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing the verdict says."""

    kind: str
    grade: str = ""  # letters of findings.certainty it rests on
    counts: dict[str, int] = field(default_factory=dict)
    why: dict[str, int] = field(default_factory=dict)  # by reason (ledgers.reason of `ledger`), in `unit`
    unit: str = ""  # of `why`: bytes, or empty for a number
    ledger: str = ""  # whose reasons these are
    subjects: list[str] = field(default_factory=list)  # addresses, or subjects of the ledger
    evidence: list[str] = field(default_factory=list)  # ids of findings
    endpoints: list[str] = field(default_factory=list)  # addresses, where a wording names one


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of statement: who makes it, how it is worded, where it stands on a first page."""

    name: str
    make: Callable[[Tables], Iterable[Statement]]
    zh: str
    en: str
    page: int


def statements(tables: Tables) -> list[dict[str, Any]]:
    """All statements on the tables of a case, in order, as case.json keeps them: empty parts are left out.

    Needs `findings`, `images`, `captures` and `ledgers`; a maker that needs more makes nothing where that is missing.
    """
    made = (one for kind in KINDS for one in kind.make(tables))
    return [{name: value for name, value in asdict(one).items() if value} for one in made]


def _of_findings(
    tables: Tables,
    kind: str,
    act: str,
    grades: str,
    near: str = "sender",
    only: Callable[[dict[str, Any]], bool] = lambda _: True,
) -> Iterator[Statement]:
    """One statement on the findings of an act and some grades; `near` is the column of the devices inside."""
    columns = ["finding_id", "certainty", "act", "sender", "receiver", "images", "bytes"]
    rows = [
        row
        for row in tables["findings"].select(columns).to_pylist()
        if row["act"] == act
        and row["certainty"] in grades
        and (row["images"] or row["certainty"] in "CD")
        and only(row)
    ]
    if not rows:
        return
    far = "receiver" if near == "sender" else "sender"
    by_grade = Counter[str]()
    for row in rows:
        by_grade[row["certainty"]] += row["images"] or 0
    devices = {row[near] for row in rows}
    yield Statement(
        kind,
        "".join(sorted({row["certainty"] for row in rows})),
        {
            "images": by_grade.total(), "a": by_grade["A"], "b": by_grade["B"], "c": by_grade["C"],
            "bytes": sum(row["bytes"] or 0 for row in rows),
            "devices": len(devices), "endpoints": len({row[far] for row in rows}), "findings": len(rows),
        },
        subjects=sorted(devices)[:MOST_NAMED],
        evidence=sorted(row["finding_id"] for row in rows)[:MOST_NAMED],
        endpoints=sorted({row[far] for row in rows})[:MOST_NAMED] if grades in "CD" else [],
    )  # fmt: skip


def _identity(kind: str, act: str, near: str = "sender") -> Callable[[Tables], Iterator[Statement]]:
    """A statement on the records with an identity number in the findings of an act."""

    def make(tables: Tables) -> Iterator[Statement]:
        columns = ["finding_id", "certainty", "act", "sender", "receiver", "records", "person_hmacs", "with_identity"]
        acts = [row for row in tables["findings"].select(columns).to_pylist() if row["act"] == act]
        rows = [row for row in acts if row["records"]]
        if not rows:
            return
        by_grade = Counter[str]()
        for row in rows:
            by_grade[row["certainty"]] += row["records"]
        devices = {row[near] for row in rows}
        far = {row["receiver" if near == "sender" else "sender"] for row in rows}
        yield Statement(
            kind,
            "".join(sorted(by_grade)),
            {
                "records": by_grade.total(), "a": by_grade["A"], "b": by_grade["B"],
                "persons": len({one for row in rows for one in row["person_hmacs"] or ()}),
                "images": sum(row["with_identity"] or 0 for row in acts),
                "devices": len(devices), "endpoints": len(far), "findings": len(rows),
            },
            subjects=sorted(devices)[:MOST_NAMED],
            evidence=sorted(row["finding_id"] for row in rows)[:MOST_NAMED],
        )  # fmt: skip

    return make


def _left(tables: Tables) -> Iterator[Statement]:
    return _of_findings(tables, "left", UPLOADED, "AB")


def _retrieved(tables: Tables) -> Iterator[Statement]:
    return _of_findings(tables, "retrieved", RETRIEVED, "AB", near="receiver")


def _matched(tables: Tables) -> Iterator[Statement]:
    """What was sent encrypted and fits images seen in clear; all images that fit. C says nothing of faces."""
    relayed = tables.get("relayed_images")
    for statement in _of_findings(tables, "matched", UPLOADED, "C"):
        rows = relayed.num_rows if relayed is not None else statement.counts["images"]
        yield replace(statement, counts=statement.counts | {"fitting": rows, "odds": CAP})


def _not_matched(tables: Tables) -> Iterator[Statement]:
    """Hosts and endpoints that were tested and gave nothing: said too, with what it does not exclude."""
    tests = tables.get("relay_tests")
    if tests is None or not tests.num_rows:
        return
    rows = tests.select(["holder", "sender", "receiver", "claimed"]).to_pylist()
    named = {(row["holder"], row["sender"], row["receiver"]) for row in rows if row["claimed"]}
    others = {(row["holder"], row["sender"], row["receiver"]) for row in rows} - named
    if others:
        yield Statement(
            "not_matched", counts={"n": len(others)}, subjects=sorted({row[2] for row in others})[:MOST_NAMED]
        )


def _uploads(tables: Tables) -> Counter[tuple[str, str]]:
    """Encrypted uploads counted, by sender and endpoint."""
    counted: Counter[tuple[str, str]] = Counter()
    counts = tables.get("upload_counts")
    if counts is not None:
        for row in counts.select(["sender", "receiver", "uploads"]).to_pylist():
            counted[row["sender"], row["receiver"]] += row["uploads"]
    return counted


def _counted(tables: Tables) -> Iterator[Statement]:
    """What was sent encrypted where uploads were counted: uploads, never images."""
    uploads = _uploads(tables)
    ways: set[tuple[str, str]] = set()

    def counted(row: dict[str, Any]) -> bool:
        ways.add(way := (row["sender"], row["receiver"]))
        return uploads[way] > 0

    for statement in _of_findings(tables, "counted", UPLOADED, "D", only=counted):
        yield replace(statement, counts=statement.counts | {"uploads": sum(uploads[way] for way in ways)})


def _opened(tables: Tables) -> Iterator[Statement]:
    """What is told above and was sent encrypted: read with keys that somebody handed over."""
    table = tables["ledgers"]
    rows = table.filter(pc.equal(table["ledger"], "keys")).to_pylist()
    count = sum(row["count"] or 0 for row in rows if row["reason"] in {"opened", "partly"})
    if count:
        found = tables["findings"].select(["images", "opened"]).to_pylist()
        images = sum(row["images"] or 0 for row in found if row["opened"])
        yield Statement("opened", counts={"n": count, "images": images})


def _hidden(tables: Tables) -> Iterator[Statement]:
    uploads = _uploads(tables)
    return _of_findings(tables, "hidden", UPLOADED, "D", only=lambda row: not uploads[row["sender"], row["receiver"]])


def _tied(tables: Tables) -> Iterator[Statement]:
    """Devices whose encrypted uploads follow marked moments: for each and its endpoint the best window."""
    tests = tables.get("moment_tests")
    if tests is None:
        return
    columns = ["sender", "receiver", "name", "window_s", "moments", "followed", "standing", "p_model"]
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in tests.select(columns).to_pylist():
        way = (row["sender"], row["receiver"], row["name"])
        if row["standing"] == "claimed" and (way not in best or row["p_model"] < best[way]["p_model"]):
            best[way] = row
    for (sender, receiver, _), row in sorted(best.items()):
        counts = {"n": row["followed"], "all": row["moments"], "seconds": row["window_s"], "odds": CAP}
        yield Statement("tied", "D", counts | {"devices": 1, "endpoints": 1}, subjects=[sender], endpoints=[receiver])


def _moved(tables: Tables) -> Iterator[Statement]:
    return _of_findings(tables, "moved", MOVED, "AB")


def _video(tables: Tables) -> Iterator[Statement]:
    return _of_findings(tables, "video", VIDEO, "AB")


def open_rows(tables: Tables, *ledgers: str) -> list[dict[str, Any]]:
    """Rows of some ledgers that are not understood."""
    table = tables["ledgers"]
    return [row for row in table.filter(pc.invert(table["understood"])).to_pylist() if row["ledger"] in ledgers]


def _total(tables: Tables, ledger: str, column: str = "count") -> int:
    table = tables["ledgers"]
    return int(pc.sum(table.filter(pc.equal(table["ledger"], ledger))[column]).as_py() or 0)


CALM_NEEDS = (  # no open row in any of these
    "stages", "inputs", "images", "key frames", "readers", "limits", "lost", "egress", "contradictions", "faces",
)  # fmt: skip


def _nothing_seen(tables: Tables, *, calm: bool) -> Iterator[Statement]:
    """The calm sentence is said only where there is no finding, and nothing was left unread or unjudged."""
    stages = {row["reason"] for row in open_rows(tables, "stages")}
    if tables["findings"].num_rows or stages & {"vantage unknown", "no packets", "none decoded"}:
        return
    unjudged = sum(row["count"] or 0 for row in open_rows(tables, "images"))
    if unjudged and unjudged == _total(tables, "images"):
        return  # nothing was looked at: there is nothing to be calm about
    if calm == (not open_rows(tables, *CALM_NEEDS)):
        yield Statement("nothing_seen" if calm else "nothing_seen_so_far")


def _calm(tables: Tables) -> Iterator[Statement]:
    return _nothing_seen(tables, calm=True)


def _so_far(tables: Tables) -> Iterator[Statement]:
    return _nothing_seen(tables, calm=False)


def _stage(kind: str, *reasons: str) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on a stage that did not come to its end."""

    def make(tables: Tables) -> Iterator[Statement]:
        rows = [row for row in open_rows(tables, "stages") if row["reason"] in reasons]
        if rows:
            yield Statement(kind, counts={"packets": rows[0]["count"] or 0})

    return make


def _interrupted(tables: Tables) -> Iterator[Statement]:
    """How far an audit had got that did not come to its end."""
    stages = [row for row in open_rows(tables, "stages") if row["reason"] == "interrupted"]
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


def _open(
    kind: str, ledger: str, *reasons: str, unit: str = "", subjects: bool = False
) -> Callable[[Tables], Iterator[Statement]]:
    """A statement on rows of a ledger that are not understood (all, or for some reasons): how many, how much, why."""

    def make(tables: Tables) -> Iterator[Statement]:
        rows = [row for row in open_rows(tables, ledger) if not reasons or row["reason"] in reasons]
        if not rows:
            return
        why = Counter[str]()
        for row in rows:
            why[row["reason"]] += row[unit or "count"] or 0
        counts = {"n": sum(row["count"] or 0 for row in rows), "all": _total(tables, ledger)}
        counts |= {"bytes": sum(row["bytes"] or 0 for row in rows), "all_bytes": _total(tables, ledger, "bytes")}
        named = sorted({row["subject"] for row in rows})[:MOST_NAMED] if subjects else []
        yield Statement(kind, "", counts, dict(why.most_common()), unit, ledger, named)

    return make


def _outside_period(tables: Tables) -> Iterator[Statement]:
    count = sum(row["count"] for row in open_rows(tables, "packets") if row["reason"] == "outside_period")
    if count:
        yield Statement("outside_period", counts={"n": count, "all": _total(tables, "packets")})


def _undecoded(tables: Tables) -> Iterator[Statement]:
    rows = [row for row in open_rows(tables, "packets") if row["reason"] != "outside_period"]
    if rows:
        yield Statement(
            "undecoded", counts={"n": sum(row["count"] or 0 for row in rows), "all": _total(tables, "packets")}
        )


def _incomplete(tables: Tables) -> Iterator[Statement]:
    count = pc.sum(pc.invert(tables["images"]["complete"])).as_py() if tables["images"].num_rows else 0
    if count:
        yield Statement("incomplete", counts={"images": count, "all": tables["images"].num_rows})


KINDS: tuple[Kind, ...] = (
    Kind(
        "left", _left,
        "{devices} 台内部设备向 {endpoints} 个外部端点传出 {images} 张次人脸图像（A 级 {a}，B 级 {b}）",
        "{images:face image|face images} left {devices:inside device|inside devices} for "
        "{endpoints:outside endpoint|outside endpoints} (A {a}, B {b})",
        FIRST,
    ),
    Kind(
        "identity_left", _identity("identity_left", UPLOADED),
        "{devices} 台内部设备向 {endpoints} 个外部端点传出 {records} 条含身份证件号码的记录，"
        "涉及 {persons} 个号码（A 级 {a}，B 级 {b}），与之同传的人脸图像 {images} 张次",
        "{records:record|records} with {persons:identity number|identity numbers} left "
        "{devices:inside device|inside devices} for {endpoints:outside endpoint|outside endpoints} (A {a}, B {b}), "
        "{images:face image|face images} beside them",
        FIRST,
    ),
    Kind(
        "retrieved", _retrieved,
        "{images} 张次人脸图像自外部取回",
        "{images:face image was|face images were} retrieved from outside",
        FIRST,
    ),
    Kind(
        "identity_retrieved", _identity("identity_retrieved", RETRIEVED, near="receiver"),
        "{records} 条含身份证件号码的记录自外部取回，涉及 {persons} 个号码",
        "{records:record|records} with {persons:identity number|identity numbers} retrieved from outside",
        FIRST,
    ),
    Kind(
        "nothing_seen", _calm,
        "未见人脸图像或身份证件号码外传，亦未见疑似上传的加密流量；未发现不等于不存在",
        "No face image and no identity number was seen leaving, and no upload-shaped encrypted traffic; this is not a "
        "clean bill of health",
        FIRST,
    ),
    Kind(
        "nothing_seen_so_far", _so_far,
        "在已读取并作出判定的范围内，未见人脸图像或身份证件号码外传，亦未见疑似上传的加密流量；未发现不等于不存在",
        "In what was read and judged, no face image and no identity number was seen leaving, and no upload-shaped "
        "encrypted traffic; this is not a clean bill of health",
        FIRST,
    ),
    Kind(
        "opened", _opened,
        "用所交密钥解开 {n} 个加密连接，有密钥解开内容的各项发现共含 {images} 张次人脸图像",
        "{n:encrypted connection was|encrypted connections were} opened with keys that were handed over; findings with "
        "what was opened have {images:face image|face images}",
        SECOND,
    ),
    Kind(
        "matched", _matched,
        "内部明文所见的 {fitting} 张次图像，其大小和时间与其后发往{to}的加密上传相符"
        "：与图像被转发出去相一致，内容不可见（C 级，偶然如此的概率低于 1/{odds}，即验证所能支持的限度）",
        "{fitting:image|images} seen in clear inside fit, in sizes and times, encrypted uploads sent to {to} "
        "afterwards: consistent with their being sent on, content not seen (C, chance below 1 in {odds}, the limit "
        "validated)",
        SECOND,
    ),
    Kind(
        "tied", _tied,
        "{all} 个标记时刻中有 {n} 个之后 {seconds} 秒内，{by}开始向{to}加密上传，内容不可见"
        "（D 级，偶然如此的概率低于 1/{odds}）",
        "{n} of {all:marked moment|marked moments} were followed within {seconds} s by an encrypted upload of {by} to "
        "{to}, content not visible (D, chance below 1 in {odds})",
        SECOND,
    ),
    Kind(
        "counted", _counted,
        "{by}向{to}加密上传 {uploads} 次，共 {bytes:size}，内容不可见（D 级）",
        "{by} made {uploads:encrypted upload|encrypted uploads} to {to}, {bytes:size} in all, content not visible (D)",
        SECOND,
    ),
    Kind(
        "hidden", _hidden,
        "向 {endpoints} 个端点加密上传 {bytes:size}，内容不可见（D 级）",
        "{bytes:size} of encrypted uploads to {endpoints:endpoint|endpoints}, content not visible (D)",
        SECOND,
    ),
    Kind(
        "moved", _moved,
        "{images} 张次人脸图像在内部设备之间传送",
        "{images:face image|face images} moved between inside devices",
        SECOND,
    ),
    Kind(
        "identity_moved", _identity("identity_moved", MOVED),
        "{records} 条含身份证件号码的记录在内部设备之间传送，涉及 {persons} 个号码",
        "{records:record|records} with {persons:identity number|identity numbers} moved between inside devices",
        SECOND,
    ),
    Kind(
        "video", _video,
        "{images} 帧视频画面中见人脸",
        "{images:still of video streams shows|stills of video streams show} a face",
        SECOND,
    ),
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
        "contested", _open("contested", "contested", "called a phone", subjects=True),
        "发现中有 {n} 张次人脸图像、{bytes:size} 的发送方自称手机或平板，但证据不足或相互矛盾",
        "contested: {n:face image|face images} and {bytes:size} in findings are of senders that call themselves phones",
        LAST,
    ),
    Kind(
        "contested_addresses", _open("contested_addresses", "contested", "address", subjects=True),
        "{n} 个网段或地址被声称在内部，但依据为链路上任何主机均可伪造，未予采信（{why}）",
        "{n:network or address is|networks or addresses are} said to be inside by what any host on the link can forge, "
        "which was not followed ({why})",
        LAST,
    ),
    Kind(
        "contradictions", _open("contradictions", "contradictions"),
        "{n} 个连接中的数据包相互矛盾，接收方实际收到的内容并不确定；两种读法均已读取（{why}）",
        "packets of {n:connection|connections} contradict each other, so that what the receivers took is not certain; "
        "both readings were read ({why})",
        LAST,
    ),
    Kind(
        "faces_apart", _open("faces_apart", "faces", OWN, POSSIBLE, SPREAD, UNPLACED),
        "{n} 张次有人脸或疑似人脸的图像未列入任何发现（{why}）",
        "{n:image with a face or a possible one is|images with a face or a possible one are} in no finding ({why})",
        LAST,
    ),
    Kind(
        "left_unread", _open("left_unread", "egress", unit="bytes"),
        "由内向外传出的内容中有 {bytes:size} 未能读懂或未逐一判断（{why}）",
        "{bytes:size} of what left from inside was not understood or not judged ({why})",
        LAST,
    ),
    Kind(
        "unjudged", _open("unjudged", "images"),
        "{all} 张不同图像中有 {n} 张未作人脸判定（{why}）",
        "not judged for faces: {n} of {all:distinct image|distinct images} ({why})",
        LAST,
    ),
    Kind(
        "key_frames", _open("key_frames", "key frames"),
        "{n} 处视频关键帧未能解码查看（{why}）",
        "{n:key frame or video stream was|key frames or video streams were} not looked at ({why})",
        LAST,
    ),
    Kind(
        "inputs", _open("inputs", "inputs", "damaged", "refused", subjects=True),
        "{all} 个输入中有 {n} 个损坏或未能读取（{why}）",
        "damaged or not read: {n} of {all:input|inputs} ({why})",
        LAST,
    ),
    Kind(
        "signatures", _open("signatures", "signatures"),
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
        "keys", _open("keys", "keys"),
        "可用密钥解开的 {all} 个连接中有 {n} 个未解开或仅部分解开（{why}）",
        "with keys, {n} of {all:connection was|connections were} not opened, or only in part ({why})",
        LAST,
    ),
    Kind(
        "readers", _open("readers", "readers", subjects=True),
        "{n} 处协议读取失败，其后仅按特征搜寻图像",
        "{n:reader|readers} failed: what followed was only searched for images",
        LAST,
    ),
    Kind(
        "undecoded", _undecoded,
        "{all} 个数据包中有 {n} 个未能解码",
        "not decoded: {n} of {all:packet|packets}",
        LAST,
    ),
    Kind(
        "dropped", _open("dropped", "lost", "lost while capturing"),
        "采集端丢失 {n} 个数据包",
        "{n:packet was|packets were} lost while capturing",
        LAST,
    ),
    Kind(
        "missing", _open("missing", "lost", "missing bytes"),
        "{n} 个连接中有 {bytes:size} 已发送而不在捕获中",
        "{bytes:size} of {n:connection|connections} were sent and are not in the captures",
        LAST,
    ),
    Kind(
        "limits", _open("limits", "limits"),
        "{n} 条消息达到处理上限，超出部分未查看（{why}）",
        "bounds were reached in {n:message|messages}, and what lies beyond was not looked at ({why})",
        LAST,
    ),
    Kind(
        "payload", _open("payload", "payload", unit="bytes"),
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
    Kind(
        "not_matched", _not_matched,
        "已对 {n} 组设备与端点检验加密上传是否与明文所见图像相符，未发现相符；这不排除重新编码、合并发送等情形",
        "tested and no match: encrypted uploads of {n:pair|pairs} of host and endpoint against images seen in clear; "
        "this does not exclude re-encoding, batching or padding",
        LAST,
    ),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in KINDS}

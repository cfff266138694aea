"""The vocabulary of judgement: each grade, act, rule and kind of finding once, with all that anybody says of it.

A finding is of one of KINDS, by its act, its grade and the rule that fired; whoever reads one that is of none fails
(`kind_of`). To add a kind: give it an entry here and an example in `tests/findings/kinds.py`; let a statement of the
verdict tell it (`findings/statements`, with one of EXAMPLES in `tests/findings/examples.py`), and say which papers to
ask for (`duties/duties.yaml`). A rule on records says how they are told (SAYINGS of `identity.py`, words in
`report/reasons.yaml`); a new figure (`Seen`) is a column, and has words in `report/summary.yaml`, `report/texts.yaml`
and `live/texts.yaml`. `tests/findings/test_vocabulary.py` and `test_identity.py` ask for all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from netaudit.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Mapping


Seen = Literal["images", "records", "templates", "contacts"]
Unseen = Literal["fitting", "together", "bytes"]
COUNTED: tuple[Seen, ...] = get_args(Seen)  # columns of findings that say what was seen, as pages list them


class Words(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Grade:
    """How certain a finding is (`findings.certainty`)."""

    letter: str
    seen: bool  # content was seen: only then a sentence may call it a face or a record
    images: bool  # it rests on images, seen going or seen elsewhere
    colour: str  # of pages, as CSS
    style: str  # on the live screen, as rich has it
    meaning: Words


@dataclass(frozen=True, slots=True)
class Act:
    """What was done with an image or a record (`findings.act`)."""

    name: str
    words: Words
    device: Literal["sender", "receiver"]  # the end that acted: a device inside
    colour: str  # of plots, as matplotlib
    live: bool  # an image that goes this way is told of while it is captured, also where it is an answer

    def acting(self, sender: str, receiver: str) -> str:
        """The inside device that acted."""
        return sender if self.device == "sender" else receiver

    def far(self, sender: str, receiver: str) -> str:
        """The other side."""
        return receiver if self.device == "sender" else sender


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a finding; its version goes up when it judges otherwise."""

    name: str
    version: int
    grades: str  # it may claim no others
    words: Words  # what it asks

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: which act, grades and rules make it, what it counts and how it is told."""

    name: str
    act: Act
    grades: str
    rules: tuple[Rule, ...]  # the first rule that a finding names is one of these
    counts: Seen | Unseen  # what a line on it says: no other figure is known
    colour: str  # letter of the grade whose colour its sentence has
    lead: Words  # sentence of a first page: {who}, {to}, {when}, {what}, {fitting}, {images}, {size}
    live: Words  # line of the live screen: {act}, {counts}
    past: bool = False  # found by earlier versions only: their cases are read

    @property
    def seen(self) -> bool:
        """Whether content was seen."""
        return all(GRADE[letter].seen for letter in self.grades)


GRADES = (
    Grade(
        "A", seen=True, images=True, colour="#8c1d18", style="bold red",
        meaning=Words(
            "图像被完整还原且其中检出人脸；或记录被完整还原，其中身份证件号码的校验码、行政区划和出生日期均正确，"
            "且字段名称、已知文档格式或旁边的姓名表明其用途；或生物特征模板被完整还原，且其自身标记、字段名称或所在消息表明其用途。",
            "The image was recovered whole, and a face was detected in it; or the record was recovered whole, and its "
            "identity number has the right check digit, region and date, and its field, a known document or a name "
            "beside it says so; or a biometric template was recovered whole, and a mark of its own, its field or its "
            "message says so.",
        ),
    ),
    Grade(
        "B", seen=True, images=True, colour="#9a5b00", style="bold yellow",
        meaning=Words(
            "同上，但图像或记录有损坏或缺失（缺失的字节范围已列明；损坏图像中的疑似人脸以此称之），"
            "或号码的行政区划代码不在编；或数列形似生物特征模板，仅由旁边的人脸、人脸编号或人员表明其用途；"
            "或姓名与电话同人脸一起传送，或载于已知格式的人员、出入记录。",
            "As A, but the image or record is damaged or incomplete (missing ranges are listed; a possible face in a "
            "damaged image is called so), or the number is of a region that is not given out; or numbers in the form "
            "of a biometric template, which a face, a face's id or a person beside them tells; or a name and a phone "
            "number beside a face, or in a known document on a person or an entrance.",
        ),
    ),
    Grade(
        "C", seen=False, images=True, colour="#5b4a8a", style="yellow",
        meaning=Words(
            "内容不可见，但大小和时间与另一段明文传输的图像相符；仅表述为“与之相符”。",
            "Content not visible, but sizes and times match images seen in clear on another leg: “consistent with”, "
            "no more.",
        ),
    ),
    Grade(
        "D", seen=False, images=False, colour="#3b5166", style="cyan",
        meaning=Words(
            "内容不可见：流量形态与图像上传相符，或对方为已知的人脸或对象存储服务；不表述为人脸。",
            "Content not visible: traffic shaped like uploads, or a known face or object-store service: “consistent "
            "with”, never “face”.",
        ),
    ),
)  # fmt: skip
GRADE = {grade.letter: grade for grade in GRADES}

UPLOADED = Act("uploaded outside", Words("向外部上传", "uploaded outside"), "sender", "C3", live=False)
RETRIEVED = Act("retrieved from outside", Words("从外部取回", "retrieved from outside"), "receiver", "C1", live=True)
DELIVERED = Act("delivered from outside", Words("自外部送达", "delivered from outside"), "receiver", "C2", live=True)
MOVED = Act("moved inside", Words("内部传输", "moved inside"), "sender", "C0", live=True)
VIDEO = Act("video", Words("视频流画面", "stills of a video stream"), "sender", "C4", live=True)
ACTS = (UPLOADED, RETRIEVED, DELIVERED, MOVED, VIDEO)  # gravest first
ACT = {act.name: act for act in ACTS}

FACE_IN_CLEAR = Rule(
    "face-image-in-clear",
    2,
    "AB",
    Words(
        "明文可读或已用密钥解开的图像中检出人脸",
        "a face was detected in an image that could be read, in clear or opened with keys",
    ),
)
IDENTITY_IN_CLEAR = Rule(
    "identity-in-clear",
    1,
    "AB",
    Words("可读的记录中有身份证件号码", "a record that could be read holds an identity number"),
)
TEMPLATE_IN_CLEAR = Rule(
    "biometric-template-in-clear",
    1,
    "AB",
    Words(
        "可读的消息中有生物特征模板",
        "a message that could be read holds a biometric template",
    ),
)
PERSON_IN_CLEAR = Rule(
    "person-in-clear",
    1,
    "B",
    Words(
        "可读的记录中有姓名与电话，旁有人脸或系已知的人员、出入记录",
        "a record that could be read holds a name and a phone number, beside a face or in a known document "
        "on a person or an entrance",
    ),
)
RELAYED = Rule(
    "relayed-by-size-and-time",
    2,
    "C",
    Words(
        "加密上传的大小和时间与明文所见图像相符，偶然如此的机会低于声明的界限",
        "sizes and times of encrypted uploads fit images seen in clear, by a chance below the bound that is stated",
    ),
)
RELAYED_COUNT = Rule(
    "relayed-count",
    1,
    "C",
    Words(
        "至少有若干图像与加密上传相符，不能指明是哪些（仅见于较早版本）",
        "a number of images at least fits encrypted uploads, which ones is not told (of earlier versions only)",
    ),
)
GO_TOGETHER = Rule(
    "go-together",
    1,
    "D",
    Words(
        "加密上传的大小和时间与明文所见图像一同变化",
        "sizes and times of encrypted uploads go together with images seen in clear",
    ),
)
FOLLOW_PICTURES = Rule(
    "follow-pictures",
    1,
    "D",
    Words(
        "加密上传紧随明文所见图像之后开始",
        "encrypted uploads begin shortly after images seen in clear",
    ),
)
SHAPED_ENCRYPTED = Rule(
    "upload-shaped-encrypted",
    6,
    "D",
    Words("加密流量形似图像上传", "encrypted traffic is shaped like uploads of images"),
)
KNOWN_SERVICE = Rule(
    "known-service-encrypted",
    5,
    "D",
    Words(
        "加密流量去往已知的人脸服务或对象存储服务",
        "encrypted traffic goes to a known service for faces or objects",
    ),
)
ANSWERED = Rule(
    "answers-encrypted",
    1,
    "D",
    Words(
        "外部连入后由内部设备加密发出",
        "a device inside sent, encrypted, to who had connected from outside",
    ),
)
SHAPED_OPAQUE = Rule(
    "upload-shaped-opaque",
    1,
    "D",
    Words(
        "向外发送的数据任何读取程序都不认识",
        "what was sent outside is in no form that a reader knows",
    ),
)
SCATTERED = Rule(
    "upload-scattered",
    1,
    "D",
    Words(
        "上传分小块发往同一服务的多个名称或地址",
        "uploads in small parts went to several names or addresses of one service",
    ),
)
LOCKED = Rule(
    "locked-files",
    1,
    "D",
    Words("明文传出须密码或密钥方可打开的文件", "files that need a password or a key were sent in clear"),
)
RULES = (
    FACE_IN_CLEAR, IDENTITY_IN_CLEAR, TEMPLATE_IN_CLEAR, PERSON_IN_CLEAR, RELAYED, RELAYED_COUNT,
    GO_TOGETHER, FOLLOW_PICTURES,
    SHAPED_ENCRYPTED, KNOWN_SERVICE, ANSWERED, SHAPED_OPAQUE, SCATTERED, LOCKED,
)  # fmt: skip
IN_CLEAR = (FACE_IN_CLEAR, IDENTITY_IN_CLEAR)

_LEADS = {
    UPLOADED: Words("{who} 于 {when} 向 {to} 传出{what}。", "{who} sent {what} to {to}, {when}."),
    RETRIEVED: Words("{who} 于 {when} 从 {to} 取回{what}。", "{who} retrieved {what} from {to}, {when}."),
    DELIVERED: Words("{who} 于 {when} 收到 {to} 送来的{what}。", "{who} was sent {what} by {to}, {when}."),
    MOVED: Words("{who} 于 {when} 在内部向 {to} 传送{what}。", "{who} moved {what} inside, to {to}, {when}."),
}
_COUNTED = Words("{act}: {counts}", "{act}: {counts}")
_HIDDEN = Words("{act}: 内容不可见", "{act}: not visible")


def _without_images(act: Act, name: str) -> tuple[Kind, Kind]:
    """Kinds of what went that way without an image: templates, and names with phone numbers."""
    colour = "B" if act == MOVED else "A"
    return (
        Kind(
            f"templates_{name}", act, "AB", (TEMPLATE_IN_CLEAR,), "templates", colour, _LEADS[act], _COUNTED,
        ),
        Kind(
            f"contacts_{name}", act, "B", (PERSON_IN_CLEAR,), "contacts", "B", _LEADS[act], _COUNTED,
        ),
    )  # fmt: skip


KINDS = (  # in the order of a first page
    Kind(
        "uploaded", UPLOADED, "AB", IN_CLEAR, "images", "A",
        _LEADS[UPLOADED],
        _COUNTED,
    ),
    Kind(
        "retrieved", RETRIEVED, "AB", IN_CLEAR, "images", "A",
        _LEADS[RETRIEVED],
        _COUNTED,
    ),
    Kind(
        "delivered", DELIVERED, "AB", IN_CLEAR, "images", "A",
        _LEADS[DELIVERED],
        _COUNTED,
    ),
    *_without_images(UPLOADED, "uploaded"),
    *_without_images(RETRIEVED, "retrieved"),
    *_without_images(DELIVERED, "delivered"),
    Kind(
        "matched", UPLOADED, "C", (RELAYED,), "fitting", "C",
        Words(
            "{who} 于 {when} 向 {to} 加密上传，大小和时间与内部明文所见 {fitting} 张次图像相符"
            "（其中含人脸 {images} 张次）：与图像被转发出去相一致，内容不可见（C 级）。",
            "{who} made encrypted uploads to {to}, {when}, whose sizes and times fit {fitting} images seen in clear "
            "inside, {images} of them with a face: consistent with their being sent on, content not seen (C).",
        ),
        _COUNTED,
    ),
    Kind(
        "counted", UPLOADED, "C", (RELAYED_COUNT,), "bytes", "C",
        Words(
            "{who} 于 {when} 向 {to} 加密上传，大小和时间与内部明文所见图像相符，不能指明是哪些图像"
            "：与图像被转发出去相一致，内容不可见（C 级）。",
            "{who} made encrypted uploads to {to}, {when}, whose sizes and times fit images seen in clear inside; "
            "which ones cannot be told; consistent with their being sent on, content not seen (C).",
        ),
        _HIDDEN,
        past=True,
    ),
    Kind(
        "together", UPLOADED, "D", (GO_TOGETHER,), "together", "D",
        Words(
            "{who} 于 {when} 向 {to} 加密上传 {size}，其大小和时间与内部明文所见图像一同变化：图像被转发时如此，"
            "光线、场景或来访者同时左右两者时也可能如此；内容不可见（D 级）。",
            "{who} made encrypted uploads of {size} to {to}, {when}, whose sizes and times go together with images "
            "seen in clear inside: pictures sent on do so, and other pictures of the same moments may, where light, "
            "scene or visitor steer both; content not seen (D).",
        ),
        _HIDDEN,
    ),
    Kind(
        "following", UPLOADED, "D", (FOLLOW_PICTURES,), "together", "D",
        Words(
            "{who} 于 {when} 向 {to} 加密上传 {size}，紧随内部明文所见图像之后：可能是为图像而发送的"
            "（特征、小图或另一形式的图像），也可能由同一来访者触发；内容不可见（D 级）。",
            "{who} made encrypted uploads of {size} to {to}, {when}, that follow images seen in clear inside: they may "
            "be sent for them (features, crops, pictures in another form), or set off by the same visitor; content not "
            "seen (D).",
        ),
        _HIDDEN,
    ),
    Kind(
        "hidden", UPLOADED, "D", (SHAPED_ENCRYPTED, KNOWN_SERVICE, ANSWERED, SHAPED_OPAQUE, SCATTERED, LOCKED), "bytes",
        "D",
        Words(
            "{who} 于 {when} 向 {to} 加密上传 {size}，内容不可见（D 级）。",
            "{who} made encrypted uploads of {size} to {to}, {when}; content not visible (D).",
        ),
        _HIDDEN,
    ),
    Kind(
        "moved", MOVED, "AB", IN_CLEAR, "images", "B",
        _LEADS[MOVED],
        _COUNTED,
    ),
    *_without_images(MOVED, "moved"),
    Kind(
        "video", VIDEO, "AB", (FACE_IN_CLEAR,), "images", "B",
        Words(
            "{who} 于 {when} 向 {to} 传送{what}（视频流画面）。",
            "{who} sent {what} (stills of a video stream) to {to}, {when}.",
        ),
        _COUNTED,
    ),
)  # fmt: skip
KIND = {kind.name: kind for kind in KINDS}


def kind_of(finding: Mapping[str, Any]) -> Kind:
    """The kind of a row of `findings` (act, certainty, rule). Raises CaseError where it is of none that is known here.

    Versions of rules do not count, so that cases of earlier versions are read.
    """
    rule = str(finding["rule"] or "").partition(" ")[0].partition("/")[0]
    for kind in KINDS:
        fits = finding["act"] == kind.act.name and finding["certainty"] in tuple(kind.grades)
        if fits and any(rule == one.name for one in kind.rules):
            return kind
    shown = ", ".join(str(finding[name]) for name in ("certainty", "act", "rule"))
    raise CaseError("a finding is of no kind that this version knows: {}", shown)


def grade_of(finding: Mapping[str, Any]) -> Grade:
    """The grade of a row of `findings`. Raises CaseError where there is none."""
    grade = GRADE.get(finding["certainty"])
    if grade is None:
        raise CaseError("a finding is of a grade that this version does not know: {}", finding["certainty"])
    return grade


def words() -> dict[str, dict[str, str]]:
    """All words of the vocabulary by the keys of the report's catalogue."""
    found = {f"act.{act.name}": act.words for act in ACTS}
    found |= {f"certainty.{grade.letter}": grade.meaning for grade in GRADES}
    found |= {f"lead_{kind.name}": kind.lead for kind in KINDS}
    found |= {f"finding_rule.{rule.name}": rule.words for rule in RULES}
    return {key: wording._asdict() for key, wording in found.items()}

"""Ways of unwrapping: through which steps an object was found in a message, written and read in this one place.

A way begins with what carried the object ("request body"), goes on with a step for each thing that was opened, and ends
with what the object is: `request body › multipart image › base64 › jpeg`. Tables have it as this text (`unwrap_path`);
whoever asks for a step of it asks `Way.read`, and whoever shows it to people `spoken`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SEPARATOR = " › "
LONGEST = 1024  # characters of a way
LONGEST_PLACE = 320  # enough for the documents of GA/T 1400 inside envelopes of others
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f›\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_TIGHT = frozenset({"carved", "text", "grpc", "framed"})  # their place stands without a space: carved@12, grpc[0]
_NUMBER = re.compile(r"\[(\d{1,9})\]\Z")

# names of steps, in Chinese; what is not here is a name of its own in every language (JSON, Base64, JPEG …)
NAMES = {
    "request body": "请求正文",
    "response body": "响应正文",
    "upload parts": "分片上传",
    "upload append": "追加上传",
    "upload chunks": "分段上传",
    "upload blocks": "分块上传",
    "upload block": "上传块",
    "pieces": "合并的片段",
    "carved": "按图像特征找出",
    "multipart": "多部分表单",
    "multipart preamble": "多部分前文",
    "mail": "邮件",
    "form": "表单",
    "data": "数据 URI",
    "url": "URL 转义",
    "hex": "十六进制",
    "lines": "逐行文字",
    "framed": "二进制头之后",
    "json text": "JSON 文本",
    "id card text": "身份证文字",
    "id card portrait": "身份证照片",
    "id card fingerprints": "身份证指纹",
    "key frame": "关键帧",
    "part": "片段",
    "text": "文本",
    "opaque": "未知内容",
    "empty": "空",
    "html": "网页",
    "body": "正文",
}  # fmt: skip
OTHERS = frozenset({
    "json", "xml", "bson", "zip", "grpc", "protobuf", "base64", "gzip", "deflate", "br", "zstd", "bzip2", "xz",
    "aws-chunked", "utf-16", "jpeg", "png", "webp", "bmp", "gif",
    "heic", "avif", "wlt", "pdf", "jwt", "socket.io",
})  # fmt: skip
_WORDS = {"bytes": "字节", "piece": "片段"}  # in the place of a body


CARVED = f"{SEPARATOR}carved@"
STILL = f"{SEPARATOR}key frame"  # decoded from a video
LOCKED = "locked with a password or a key"  # a note of a leaf
UNDONE = f"{SEPARATOR}xor{SEPARATOR}"  # found once the same change of every byte was undone
_CARVED = re.compile(rf"(.+){CARVED}\d+{SEPARATOR}\w+(?:\[\d+\])?")


def holder_of(path: str) -> str:
    """The way of what something was found in by its marks: of a picture, where a thumbnail lies in it; else empty."""
    found = _CARVED.fullmatch(path) if CARVED in path else None
    return found[1] if found else ""


def clean(text: str, limit: int = LONGEST_PLACE) -> str:
    """A name as sent, without characters that steer a terminal or imitate the separator, cut to `limit` characters."""
    return _UNSAFE.sub("?", text[:limit])


class Step(NamedTuple):
    """One step: what was opened, where in it, and which of several at the same place."""

    name: str
    place: str | None = None  # JSONPath, path of elements, field, file, offset …; hostile text, cleaned
    number: int = 1

    @property
    def text(self) -> str:
        """As it is written in a way."""
        name, place, number = self
        if place is not None:
            name = f"{name}{place}" if name in _TIGHT else f"{name} {place}"
        return name if number == 1 else f"{name}[{number}]"

    @property
    def field(self) -> str:
        """The place without a number in brackets at its end, which may be of the sender or of a table."""
        return _NUMBER.sub("", self.place or "")


def step(name: str, place: str) -> Step:
    """A step at a place as sent."""
    return Step(name, clean(place))


class Way:
    """A way, and its text, which is made as it grows."""

    __slots__ = ("steps", "text")

    def __init__(self, steps: tuple[Step, ...] = (), text: str = "") -> None:
        self.steps, self.text = steps, text

    @classmethod
    def of(cls, first: str, place: str | None = None) -> Way:
        """The beginning of a way."""
        start = Step(first, place)
        return cls((start,), start.text)

    @classmethod
    def read(cls, text: str) -> Way:
        """A way from its text. The number of a step that has a place is left in it: it may be the sender's."""
        return cls(tuple(map(_read, text.split(SEPARATOR))), text) if text else cls()

    def then(self, one: Step) -> Way:
        """The way with one more step; a text longer than `LONGEST` keeps both its ends."""
        text = f"{self.text}{SEPARATOR}{one.text}" if self.text else one.text
        if len(text) > LONGEST:
            half = LONGEST // 2 - 4
            text = f"{text[:half]} … {text[-half:]}"
        return Way((*self.steps, one), text)

    def numbered(self, number: int) -> Way:
        """The way with the number of its last step."""
        return Way((*self.steps[:-1], self.steps[-1]._replace(number=number)), f"{self.text}[{number}]")

    @property
    def between(self) -> tuple[Step, ...]:
        """What was opened between the carrier and the object."""
        return self.steps[1:-1]

    @property
    def first(self) -> Step:
        """What carried the object."""
        return self.steps[0] if self.steps else Step("")

    @property
    def last(self) -> Step:
        """The last step so far."""
        return self.steps[-1] if self.steps else Step("")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Way) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Way({self.text!r})"


def _read(text: str) -> Step:
    name = _longest_name(text)
    rest = text[len(name) :]
    if not rest:
        return Step(name)
    if (number := _NUMBER.fullmatch(rest)) and name not in _TIGHT:
        return Step(name, None, int(number[1]))
    return Step(name, rest[1:] if rest[0] == " " else rest)


def _longest_name(text: str) -> str:
    """The name at the beginning of a step; all of it up to a space or a bracket where it is none of ours."""
    words = text.split(" ", 3)
    for count in (3, 2, 1):
        name = _NAME_END.split(" ".join(words[:count]), maxsplit=1)[0]
        if name in NAMES or name in OTHERS or (name.endswith(" body") and count == 2):
            return name
    return _NAME_END.split(words[0], maxsplit=1)[0]


_NAME_END = re.compile(r"[@\[]")


def spoken(text: str, lang: str) -> str:
    """A way for people: the text as it is in tables, in Chinese with the names of its steps in Chinese."""
    if lang != "zh":
        return text
    return SEPARATOR.join(map(_in_chinese, Way.read(text).steps))


def _in_chinese(one: Step) -> str:
    name, place = NAMES.get(one.name, one.name), one.place or ""
    if one.name.endswith(" body") and one.name not in NAMES:
        name = f"{one.name.removesuffix(' body')} {NAMES['body']}"
    if one.name.endswith(" body"):
        place = " ".join(_WORDS.get(word, word) for word in place.split(" "))
    return one._replace(name=name, place=place or None).text if place[:1] not in ("@", "[") else f"{name}{place}"

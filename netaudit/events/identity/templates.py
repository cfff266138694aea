"""Biometric templates in documents: the numbers by which a face or a finger is known again, without a picture of it.

A template is a list of numbers, a text of them, or base64 or hexadecimal of floats or bytes. What it is says

checked  a mark of its own (ISO/IEC 19794 and ANSI 378 records, a maker's head)
named    the name of its field, or of what holds it
beside   a field called as templates and other vectors are, or the form alone, with a face's or a person's id beside
shape    form alone: 128, 256, 512 or 1024 numbers of both signs, no series among them (neighbours are unlike)
called   a field that is called so, nothing else: for those only who know of the message what it is about (`settled`)

Audio, sensors, charts and coordinates are series: what comes next resembles what was. Vectors of texts, which programs
call so too, are told by nothing but what stands beside them; hence `shape` alone accuses nobody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netaudit.core.contracts.document_values import TEXT
from netaudit.core.text.patterns import later
from netaudit.events.identity.naming import plain
from netaudit.events.identity.values import Personal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    Sniff = Callable[[bytes], str]  # what bytes are
    LeftOut = Callable[[str], bytes]
    Numbers = npt.NDArray[np.float64]

KIND = "biometric"
ORDER = ("checked", "named", "beside", "shape", "called")
SIZES = (128, 256, 512, 1024)  # numbers of a template that nothing names
LEAST, MOST = 64, 65_536  # bytes, or numbers, of one that is named
FEWEST = 16  # different values among the bytes of one
LEAST_POINTS = 5  # of a face: eyes, nose and corners of the mouth
MOST_FOUND = 2000  # of a document
MOST_NODES = 20_000
HUGE = 1e30  # no template holds such numbers
LONGEST = 1 << 17  # characters of a template as text
_FACE = r"(?<!inter)(?<!sur)(?<!type)(?<!pre)face(?!book|ts|ted|ting|t[vcf]|t(?![a-z]))"
_OF_WHOM = rf"(?:{_FACE}|(?<!inter)facial|finger|palm|iris|vein|biometric|biodata)"
_WHAT = (
    r"(?:feature|feat\b|embed|vector|template|templ|tmpl|descriptor|encoding|minutia|eigen|landmark|keypoint|points?\b)"
)
_NAMED = later(
    rf"{_OF_WHOM}\w*{_WHAT}|{_WHAT}\w*{_OF_WHOM}|^(?:face|finger|palm|iris|vein)(?:data|model|code)\b|^featuredata$"
    r"|^(?:left|right)?(?:iris|retina|palm(?:vein)?|finger(?:vein)?|voiceprint)(?:left|right|l|r|\d{1,2})?$"  # of which
    r"|^featureinfo|faceprint|minutiae|^rltz|^zwtz|^zwmb|人脸特征|特征值|特征码|特征向量|特征数据|指纹模板|指纹特征|掌静脉|虹膜"
)
_VAGUE = later(
    r"(?:feature(?:s|value|str|string|base64|data|vector|code)?|embeddings?|descriptor"
    r"|template(?:data|str|base64|content)?|特征|指纹)$"
)
_VAGUER = later(r"^(?:feat|vec|\w*vector|tmpl?|tz|encodings?|fingerprints?(?:data)?\d?|fp\d?|palmveins?)$")
_POINTS = later(r"landmarks?\d*$|keypoints?$|facialpoints|facepoints")
_FACE_IDS = later(r"^(?:face|finger|biometric)(?:id|token|uuid|no|code)$")
_PERSON_IDS = later(r"^(?:person|user|employee|visitor|customer|member|staff)(?:id|no|uuid|code)$|^pin$")
_SAYS_FACE = later(rf"(?i:{_FACE}|facial|biodata|biophoto|finger(?!print=)|palmvein|templatev10|人脸|指纹)")
_NO_VALUE = later(
    r"(?:device|browser|cert|certificate|canvas|audio|ssl|tls|ssh|key)fingerprint|text|sentence|word|query|docu?m|token"
)
_MARKS = (  # ISO/IEC 19794-2 and ANSI 378 minutiae, 19794-5 face, 19794-6 iris; heads of ZKFinger and Neurotechnology
    (b"FMR\0", "finger"), (b"FAC\0", "face"), (b"IIR\0", "iris"), (b"IIR1", "iris"), (b"FMR\x20", "finger"),
    (b"MSS21", "finger"), (b"TMSS21", "finger"), (b"NFTR", "finger"), (b"NLT\0", "face"),
)  # fmt: skip
_BASE64 = later(r"[A-Za-z0-9+/_-]{80,}={0,2}\Z", re.ASCII)
_HEX = later(r"(?:[0-9A-Fa-f]{2}){64,}\Z", re.ASCII)
_LIST = later(  # possessive: runs of spaces are read once
    r"[\[(]?\s*+-?\d[\d.eE+-]*+(?:(?:\s*+[,;|]\s*+|\s++)-?\d[\d.eE+-]*+){63,}+\s*+[\])]?\Z", re.ASCII
)
_COUNTED = later(r"(.*?)[_.\[-]?(\d{1,4})\]?\Z", re.DOTALL)  # e0, e1 …: a column or a key for each number
_NUMBER = later(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
WORDS = (  # in documents that may hold one
    rb"(?i:feat|embed|vector|descript|templ|tmp|tpl|rk1s|rkfd|sulsad|tvntmj|encoding|landmark|keypoint|finger|minutia|faceprint|palm|iris|retina|voiceprint"
    rb"|\xe7\x89\xb9\xe5\xbe\x81|\xe6\x8c\x87\xe7\xba\xb9|\\u7279\\u5f81|\\u6307\\u7eb9)"
    rb"|(?:\.[0-9]{2,}(?:[eE]-?[0-9]+)?[,;| \r\n]{1,4}-?[0-9]{1,3}){24}"
)


class Place(NamedTuple):
    """Where a value stands: its path, its key, those around it, and whether a face's id is in the same record."""

    path: str
    key: str
    around: tuple[str, ...] = ()
    face_id: bool = False  # in the same record
    person_id: bool = False


def once(found: Iterable[Personal]) -> list[Personal]:
    """Each template once; `value` is what is compared: the hash of its numbers or bytes."""
    out: dict[str, Personal] = {}
    for one in found:
        out.setdefault(one.value, one)
        if len(out) >= MOST_FOUND:
            break
    return list(out.values())


def settled(found: list[tuple[str, Personal]], head: str, *, known: bool, pictured: bool) -> list[tuple[str, Personal]]:
    """What was found in a message, (object, what), each template once and by the best that says what it is.

    `head`: its path, topic and query; `known`: an entry of `signatures/documents` reads it as one of a face or a
    person; `pictured`: a picture is in it, which whoever judges images may find to be a face's.
    """
    best: dict[str, str] = {}
    named = known or _SAYS_FACE.search(head) is not None
    for _, one in found:
        if one.kind == KIND:
            certainty = "named" if named and one.certainty in {"called", "shape"} else one.certainty
            certainty = "shape" if certainty == "called" and pictured else certainty
            best[one.value] = min(certainty, best.get(one.value, certainty), key=ORDER.index)
    out = []
    for place, one in found:
        if one.kind != KIND:
            out.append((place, one))
        elif (certainty := best.pop(one.value, "called")) != "called":
            out.append((place, one._replace(certainty=certainty)))
    return out


def in_bytes(data: bytes, place: str, kind_of: Sniff) -> Iterator[Personal]:
    """Bytes that are one: out of base64 in a document, a part of a form, a whole body; `place` is where they stood."""
    keys = [one for one in re.split(r"[./\[\]$@]+", place) if one and not one.isdigit()]
    at = Place(place, keys[-1] if keys else "", tuple(keys[:-1]))
    if LEAST <= len(data) <= MOST and (one := _of_data(data, at, kind_of)) is not None:
        yield one


def in_document(
    values: list[object], written: str, field: str, left_out: LeftOut, kind_of: Sniff
) -> Iterator[Personal]:
    """Templates among the values of a document in a notation; `left_out` gives long texts that stand by a number."""
    stack: list[tuple[object, Place]] = [(value, Place("", field)) for value in values]
    left = MOST_NODES
    while stack and left:
        node, at = stack.pop()
        left -= isinstance(node, dict | list)
        if isinstance(node, dict):
            keys = [plain(str(key)) for key in node]
            ids = at.face_id or any(map(_FACE_IDS.search, keys)), at.person_id or any(map(_PERSON_IDS.search, keys))
            around = (*at.around, at.key)[-4:] if at.key else at.around
            yield from _of_columns(node, at._replace(face_id=ids[0], person_id=ids[1]))
            stack += [
                (inner, at if key == TEXT else Place(_below(at.path, str(key), written), str(key), around, *ids))
                for key, inner in node.items()
            ]
        elif isinstance(node, list):
            if one := _of_list(node, at):
                yield one
            elif node and not isinstance(node[0], int | float):
                stack += [
                    (inner, at._replace(path=f"{at.path}[{n}]"[:512])) for n, inner in enumerate(node[:MOST_NODES])
                ]
        elif isinstance(node, str):
            if node[:1] != "\0":
                one = _of_text(node, at, kind_of)
            else:
                data = left_out(node)
                text = data.decode("utf-8", "replace") if len(data) <= LONGEST else ""
                one = _of_text(text, at, kind_of) or (None if written == "json" else _of_data(data, at, kind_of))
            if one:
                yield one


def _below(path: str, key: str, written: str) -> str:
    """The path of a key, as `scalars.py` spells it."""
    if written == "xml":
        return f"{path}/{key}"[:512]
    return (key if written == "form" else f"{path or '$'}.{key}")[:512]


def _of_text(text: str, at: Place, kind_of: Sniff) -> Personal | None:
    """A text of numbers, or base64 or hexadecimal of bytes."""
    if not LEAST <= len(text) <= LONGEST:
        return None
    if len(text) % 2 == 0 and _HEX.match(text):
        return _of_data(bytes.fromhex(text), at, kind_of)
    if _LIST.match(text):
        return _of_numbers(np.array([float(one) for one in _NUMBER.findall(text)[:MOST]]), at)
    text = re.sub(r"\\/", "/", re.sub(r"\\[rn]|\s", "", text))  # as JSON writes it
    if not _BASE64.match(text):
        return None
    try:
        data = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return _of_data(data, at, kind_of)


def _of_list(node: list[object], at: Place) -> Personal | None:
    """A list of numbers, or one of points."""
    if _POINTS.search(plain(at.key)) and (points := _points(node)) >= LEAST_POINTS:
        certainty = _certainty(at)
        return _told(f"landmarks, {points} points", _spelled(node[:MOST_FOUND]), at, certainty) if certainty else None
    if len(node) < LEAST or not all(
        isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < HUGE for one in node
    ):
        return None
    return _of_numbers(np.array(node[:MOST], np.float64), at)


def _of_columns(node: dict[str, object], at: Place) -> Iterator[Personal]:
    """Numbers that stand each under a key of its own, which differ by their count alone: a list all the same."""
    if len(node) < LEAST:
        return
    columns: dict[str, dict[int, float]] = {}
    for key, value in node.items():
        counted = _COUNTED.match(str(key)[:LEAST])
        number = _as_number(value)
        if counted and number is not None:
            columns.setdefault(counted[1], {})[int(counted[2])] = number
    for stem, numbers in columns.items():
        first = min(numbers)
        run = [numbers[first + k] for k in range(min(len(numbers), MOST)) if first + k in numbers]
        name, place = stem or at.key, f"{at.path}.{stem}" if stem else at.path
        if len(run) == len(numbers) and (one := _of_list(list(run), at._replace(path=place[:512], key=name))):
            yield one


def _as_number(value: object) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= HUGE:
        return None
    return float(value)


def _points(node: list[object]) -> int:
    """How many points a list says, as pairs or as mappings of x and y."""
    pairs = sum(
        (isinstance(one, dict) and {"x", "y"} <= {str(key).casefold() for key in one})
        or (isinstance(one, list) and len(one) in {2, 3} and all(isinstance(n, int | float) for n in one))
        for one in node
    )
    return pairs or (len(node) // 2 if node and all(isinstance(one, int | float) for one in node) else 0)


def _spelled(node: list[object]) -> str:
    try:
        return repr(node)
    except (ValueError, RecursionError):  # numbers of thousands of digits, lists in each other
        return ""


def _of_numbers(numbers: Numbers, at: Place) -> Personal | None:
    if not np.isfinite(numbers).all():
        return None
    form = _like_template(numbers)
    series = bool((numbers >= 0).all() and (numbers == np.floor(numbers)).all() and numbers.max() > 255)
    certainty = _certainty(at, form=form, series=series)
    if not certainty or (certainty == "shape" and not form) or np.ptp(numbers) == 0:
        return None
    return _told(f"{len(numbers)} numbers", numbers.tobytes().hex(), at, certainty)


def _of_data(data: bytes, at: Place, kind_of: Sniff) -> Personal | None:
    """Bytes of a template: with a mark of its own, as floats, or as a field that is called so holds them."""
    if not LEAST <= len(data) <= MOST or len(set(data)) < FEWEST:  # an empty field of a card is zeros
        return None
    digest = data.hex()
    mark = next((what for mark, what in _MARKS if data.startswith(mark)), "")
    if mark:
        return _told(f"{mark} template, {len(data)} bytes", digest, at, "checked")
    if (kind := kind_of(data)) not in {"opaque", "text"} or (kind == "text" and _is_words(data)):
        return None
    for kind, width in (("<f4", 4), ("<f2", 2), ("<f8", 8), (">f4", 4)):
        count = len(data) // width
        if len(data) == count * width and count in SIZES and _like_template(np.frombuffer(data, kind)):
            certainty = _certainty(at, form=True)
            return _told(f"{count} numbers", digest, at, certainty) if certainty else None
    certainty = _certainty(at)
    if certainty in {"", "shape"} or len(data) < 2 * LEAST:  # digests, tokens
        return None
    return _told(f"{len(data)} bytes", digest, at, certainty)


def _is_words(data: bytes) -> bool:
    return data.isascii() and data.count(b" ") + data.count(b"\n") > len(data) // 20


def _name(at: Place) -> bool:
    key = plain(at.key)
    return any(pattern.search(key) is not None for pattern in (_NAMED, _VAGUE, _VAGUER))


def _certainty(at: Place, *, form: bool = False, series: bool = False) -> str:
    """What says that it is a template; empty where nothing does, as of a series of counts."""
    key = plain(at.key)
    if _NO_VALUE.search(key):
        return "shape" if form else ""
    if _NAMED.search(key):
        return "named"
    vague, points = _VAGUE.search(key) is not None, _POINTS.search(key) is not None
    called = vague or points or _VAGUER.search(key) is not None
    if series:
        return ""
    if called and any(_SAYS_FACE.search(one) or _NAMED.search(plain(one)) for one in at.around):
        return "named"
    if (at.face_id and (called or form)) or (at.person_id and (vague or form)):
        return "beside"
    return "shape" if form or points else "called" if called else ""


def _like_template(numbers: npt.NDArray[np.float16 | np.float32 | np.float64]) -> bool:
    """Whether numbers may be those of a template: so many, of both signs, spread, and no neighbours alike."""
    if len(numbers) not in SIZES or not np.isfinite(numbers).all():
        return False
    some = numbers.astype(np.float64)
    size = np.abs(some)
    if size.max() > 1e5 or size.max() < 1e-4 or (size[size > 0] < 1e-12).any():
        return False
    if not 0.2 <= (some < 0).mean() <= 0.8 or len(np.unique(some)) < len(some) // 8:
        return False
    centred = some - some.mean()
    power = float(centred @ centred)
    alike = [abs(float(centred[lag:] @ centred[:-lag])) / power for lag in (1, 2, 3, 4)]
    return max(alike) < 0.35 and size.max() < 12 * float(np.sqrt(power / len(some)))  # no spikes in silence


def _told(what: str, content: str, at: Place, certainty: str) -> Personal:
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Personal(KIND, at.path, at.key, f"{what} {digest[:16]}", certainty)

"""Masking of what identifies a person, and making visible what steers a terminal or hides text.

Every string from a capture that goes into a table or a report passes `mask`; where a capture names freely, `mask_name`
(files, objects), `mask_path` (targets of requests), `mask_words` (fields, programs) or `mask_host`, which take more.
What is kept is enough to compare by eye (three digits in front, two at the end, the family name), never enough to
identify. `tests/outputs` holds every output against a case in which a person stands everywhere.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from netaudit.ground.masking_words import (
    ASCII_WORDS,
    CHINESE_WORDS,
    COMPOUND,
    FAMILY,
    LONGEST_WORD,
    PINYIN,
    PINYIN_NAME,
)

_SHORT_TEXT = 96  # characters
SHORTEST_IN_HOSTS = 6  # letters of a name written in Latin ones
LONGEST_NAME = 4  # characters of a name; one more where the family name has two
_CACHED = 512  # characters; longer texts are not remembered

# C0, C1, bidirectional controls (UAX 9), zero-width and other invisible characters, line separators, surrogates, tags
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_SUSPECT = re.compile("[@=:%\u3400-\u9fff]|\\d[\\d ._/()+-]{9}")
_LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")
# digits in groups; neither beside stars (masked already) nor the rest of a longer sequence
_GROUPS = re.compile(r"(?<![*\d])(?<!\d[ -])\d(?:[ -]?\d){9,}+(?:[ -]?[Xx](?![\w]))?+(?!\*)")
# the same with what else stands between groups; addresses, dates and versions are written so too
_PHONE = re.compile(r"(?:(?<![*\d])(?<!\d[._/()-])|(?<=86[ ._/()-]))1[3-9]\d(?:[ ._/()-]{0,2}\d){8}(?!\d)(?!\*)")
_CARD = re.compile(
    r"(?<![*\d])(?<!\d[._/])[1-9]\d{5}[._/](?:19|20)\d\d[._/]?(?:0[1-9]|1[0-2])[._/]?[0-3]\d[._/]\d{3}[\dXx](?!\d)"
)
_USER = r"[^\s@/:;,<>\"'()=&?*\[\]\\%]"
_MAIL = re.compile(rf"(?<!{_USER})(?:{_USER}|%(?!40))++(?=(?:@|%40)[\w-]+\.\w)")
# identity keys of facts 0.2 and their spellings, in query strings, key=value texts and JSON
_KEYS = (
    "id_?number|id_?num|id_?card(?:_?(?:no|num|number))?|identity_?(?:no|card|number)|certificate_?(?:number|no)|cert_?(?:no|num)"
    "|citizen_?id(?:_?no)?|card_?(?:no|name|num)|(?:persi?on|real|user|customer|client|cust|full|nick|cn)_?name|name|xm|sfz(?:h|hm)?"
    "|user_info|phone(?:_?(?:no|num|number))?|mobile(?:_?(?:no|num|number|phone))?|tel(?:_?(?:no|num|number|phone))?|telnum"
    "|birth(?:day|date)?|(?:residential_?)?address|email|password|passwd|pwd|passport(?:_?(?:no|num|number))?"
    "|(?:access|refresh|auth|session)_?token|(?:client|app)_?secret"  # who holds them acts as their owner
    "|plate(?:_?(?:no|num|number))?|licen[sc]e_?plate"
)
_CHINESE_KEYS = """
姓名 名字 客户姓名 业主姓名 真实姓名 身份证 身份证号 身份证号码 证件号 证件号码 手机 手机号 手机号码 电话 联系电话
联系方式 住址 地址 家庭住址 出生日期 生日 车牌 车牌号 护照号 银行卡号 邮箱 密码
"""
_SPELT = "|".join(
    re.escape(spelling)
    for key in sorted(_CHINESE_KEYS.split(), key=len, reverse=True)
    for spelling in (key, quote(key), quote(key, encoding="gbk"))
)
_SIGN = r"(?:\\?[\"']|%22)?\s?(?:=|:|：|＝|%3[DdAa])\s?"
_KEY = rf"((?:(?<![A-Za-z0-9_])|(?<=%22)|(?<=%26))(?:{_KEYS}){_SIGN}"
_CHINESE_KEY = rf"((?:{_SPELT}){_SIGN}"
_VALUE = r")((?:(?!%26|%22)[^&\s;,\"'<>{}\\，；。、])++)"
_QUOTED_VALUE = r"(?:\\?[\"']|%22))((?:(?!\\?[\"']|%22).)++)"
_KEYED = re.compile(f"{_KEY})", re.IGNORECASE)
_QUOTED = re.compile(_KEY + _QUOTED_VALUE, re.IGNORECASE | re.DOTALL)
_BARE = re.compile(_KEY + _VALUE, re.IGNORECASE)
_CHINESE_KEYED = re.compile(f"{_CHINESE_KEY})", re.IGNORECASE)
_CHINESE_QUOTED = re.compile(_CHINESE_KEY + _QUOTED_VALUE, re.IGNORECASE | re.DOTALL)
_CHINESE_BARE = re.compile(_CHINESE_KEY + _VALUE, re.IGNORECASE)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_PLATE = re.compile(
    f"([{_PROVINCES}][A-Z])"
    r"([ .\-·•_]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳])(?![A-Za-z0-9*])",
    re.IGNORECASE,
)
_ESCAPED_PLATE = re.compile(
    "((?:"
    + "|".join(
        re.sub("%", "%(?:25)?", quote(province, encoding=encoding))
        for province in _PROVINCES
        for encoding in ("utf-8", "gbk")
    )
    + r")[A-Z])((?:[ .\-·•_+]|%(?:25)?(?:20|C2%(?:25)?B7|A1%(?:25)?A4))?[A-HJ-NP-Z0-9]{4,5}"
    r"(?:[A-HJ-NP-Z0-9]|(?=%)))(?![A-Za-z0-9*])",
    re.IGNORECASE,
)
# digits in groups with escapes between them: space - . / _ and the plus that stands for a space
_ESCAPED_GROUPS = re.compile(r"\d++(?:(?:%(?:25)?(?:20|2[DdEeFf]|5[Ff])|\+)\d++)+[Xx]?")
_ESCAPED_SIGN = re.compile(r"%(?:25)?([0-9A-Fa-f]{2})|\+")
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHINESE = re.compile(f"[{_HAN}·]+")
_ESCAPED = re.compile("(?:%(?:25)?[89A-Fa-f][0-9A-Fa-f]){2,}")
_ESCAPE = re.compile("%(?:25)?([89A-Fa-f][0-9A-Fa-f])")
_RAW = re.compile("[\x80-\xff]{2,}")  # bytes of GBK that were read one by one
# passports, travel permits to Hong Kong, Macao and Taiwan, and those of their residents
_DOCUMENT = re.compile(
    r"(?<![A-Za-z0-9*])(?:[EGDSPegdsp][A-Za-z]?\d{7,8}|[HMhmCcTt]\d{8}(?:\d\d)?|[Cc][A-Za-z]\d{7})(?![A-Za-z0-9*])"
)
_LETTERS = re.compile(r"(?<!\\)[A-Za-z]+")
_FOREIGN = re.compile(rf"[^\W\d_A-Za-z{_HAN}]+")
_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HASH = re.compile(r"(?<![A-Za-z0-9])(?=[A-Fa-f]*\d)[0-9A-Fa-f]{8,}(?![A-Za-z0-9])")


def mask(text: str) -> str:
    """The text without what identifies a person, control and bidirectional characters as visible escapes.

    Masked are numbers of eleven digits and more (resident ID, phone, bank card), ID and phone numbers in groups, the
    local part of e-mail addresses, values of identity keys (name=, idcard=, 姓名= …), number plates, Chinese personal
    names, also where they are escaped. Masking twice changes nothing more.
    """
    if len(text) <= _SHORT_TEXT:  # hosts, methods, types and paths that come again and again
        return _remembered(text) if text else text
    if text.isprintable() and _SUSPECT.search(text) is None:
        return text
    return _remembered(text) if len(text) <= _CACHED else _mask(text)


def mask_name(text: str) -> str:
    """The same for a freely chosen name, a file's or an object's: only known words, numbers and hashes stay."""
    return _remembered_name(text) if text else text


def mask_path(text: str) -> str:
    """The same for the target of a request: a file in it is masked as a name, the rest loses names of persons."""
    return _remembered_path(text) if text else text


def visible(text: str, limit: int) -> str:
    """The text with control and bidirectional characters as visible escapes, at most `limit` characters long."""
    if not text.isprintable():
        text = _HIDDEN.sub(_escape, text[: limit + 1])
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _mask(text: str) -> str:
    if text.isprintable() and _SUSPECT.search(text) is None:
        return text
    if not text.isprintable():
        text = _HIDDEN.sub(_escape, text)
    if "@" in text or "%40" in text:
        text = _MAIL.sub("***", text)
    if ("=" in text or ":" in text or "%3" in text) and _KEYED.search(text):
        text = _BARE.sub(r"\1***", _QUOTED.sub(r"\1***", text))
    if ("%" in text or not text.isascii()) and _CHINESE_KEYED.search(text):
        text = _CHINESE_BARE.sub(r"\1***", _CHINESE_QUOTED.sub(r"\1***", text))
    if not text.isascii():
        text = _PLATE.sub(_mask_plate, text)
        text = _CHINESE.sub(_mask_chinese, text)
    if "%" in text or "+" in text:
        text = _ESCAPED_PLATE.sub(_mask_plate, text)
        text = _ESCAPED_GROUPS.sub(_mask_escaped_groups, _ESCAPED.sub(_mask_escaped, text))
    text = _GROUPS.sub(_mask_groups, _LONG_NUMBER.sub(_mask_number, text))
    return _CARD.sub(_mask_digits, _PHONE.sub(_mask_phone, text))


_remembered = lru_cache(maxsize=16384)(_mask)


def _name(text: str) -> str:
    """A name that was chosen freely."""
    text = _mask(text if text.isascii() else _RAW.sub(_read, text))
    if "%" in text:
        text = _ESCAPED.sub(_mask_escaped_strictly, text)
    text = _CHINESE.sub(_mask_chinese_strictly, _DOCUMENT.sub(_mask_document, text))
    hashes = [found.span() for found in _HASH.finditer(text)]
    text = _LETTERS.sub(lambda match: match[0] if _within(match, hashes) else _WORD.sub(_mask_word, match[0]), text)
    return text if text.isascii() else _FOREIGN.sub(_mask_all, text)


_remembered_name = lru_cache(maxsize=16384)(_name)


def _path(text: str) -> str:
    """Directories and values of a query lose names of persons, the file its whole name."""
    target, mark, query = _mask(text if text.isascii() else _RAW.sub(_read, text)).partition("?")
    folder, slash, file = target.rpartition("/")
    file = _name(file) if "." in file else _places(file)
    return _places(folder) + slash + file + mark + _places(query)


_remembered_path = lru_cache(maxsize=16384)(_path)


def mask_words(text: str) -> str:
    """The same for what a program calls its fields and itself: words stay, names of persons and their papers go."""
    return _remembered_words(text) if text else text


_remembered_words = lru_cache(maxsize=16384)(lambda text: _places(_mask(text)))


def mask_host(text: str) -> str:
    """The same for the name of a host: the domain stays as it is, what stands before it loses names of persons."""
    return _remembered_host(text) if text else text


def _host(text: str) -> str:
    labels = _mask(text).split(".")
    if len(labels) == 1:
        domain = 0
    elif labels[-1].lower() in ("local", "lan") or labels[-1].startswith("_"):  # a service on the link (RFC 6763)
        domain = 1
    else:
        domain = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) < 4 else 2
    before = ".".join(labels[: len(labels) - domain])
    if domain > 1:  # a device's name for itself may be its serial number, which looks like a passport's
        before = _DOCUMENT.sub(_mask_document, before)
    if any(map(_may_be_pinyin, _LETTERS.findall(before))):
        before = PINYIN_NAME.sub(_mask_long_pinyin, before)
    return ".".join([*([before] if before else []), *labels[len(labels) - domain :]])


_remembered_host = lru_cache(maxsize=16384)(_host)


def _places(text: str) -> str:
    if not text:
        return text
    text = _DOCUMENT.sub(_mask_document, _ESCAPED.sub(_mask_escaped_strictly, text) if "%" in text else text)
    if not text.isascii():
        text = _CHINESE.sub(_mask_chinese_strictly, text)
    return PINYIN_NAME.sub(_mask_pinyin, text) if any(map(_may_be_pinyin, _LETTERS.findall(text))) else text


@lru_cache(maxsize=16384)
def _may_be_pinyin(word: str) -> bool:
    return PINYIN.fullmatch(word) is not None and not _is_known(word)


def _is_known(text: str) -> bool:
    """Whether letters are words, also several written together in capitals and small ones."""
    return text.lower() in ASCII_WORDS or all(word.lower() in ASCII_WORDS for word in _WORD.findall(text))


def _within(match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    return any(start <= match.start() and match.end() <= end for start, end in spans)


def _mask_word(match: re.Match[str]) -> str:
    word = match[0]
    return word if len(word) < 3 or word.lower() in ASCII_WORDS else word[0] + "*" * (len(word) - 1)


def _mask_pinyin(match: re.Match[str]) -> str:
    """Syllables of a name, written together or apart, unless they are words."""
    text = match[0]
    if _is_known(text):
        return text
    return text[0] + "".join("*" if char.isalpha() else char for char in text[1:])


def _mask_long_pinyin(match: re.Match[str]) -> str:
    """The same in names of hosts, where many short names of programs and services look so."""
    return _mask_pinyin(match) if len(match[0]) >= SHORTEST_IN_HOSTS else match[0]


def _mask_all(match: re.Match[str]) -> str:
    return "*" * len(match[0])


def _mask_number(match: re.Match[str]) -> str:
    number = match[0]
    return number[:3] + "*" * (len(number) - 5) + number[-2:]


def _mask_groups(match: re.Match[str]) -> str:
    """Digits in groups are masked where there are as many as in an ID (15, 18) or a mobile phone (11, with 86 13)."""
    text = match[0]
    digits = text.replace(" ", "").replace("-", "")
    phone = digits.removeprefix("86")
    if len(digits) not in (15, 18) and not (len(phone) == 11 and phone[0] == "1" and phone[1] in "3456789"):
        return text
    return _mask_digits(match)


def _mask_phone(match: re.Match[str]) -> str:
    """Eleven digits are a phone where a group has four or more: those of an address have three at most."""
    return _mask_digits(match) if re.search(r"\d{4}", match[0]) else match[0]


def _mask_escaped_groups(match: re.Match[str]) -> str:
    """Digits with escapes between their groups: masked as without, and the escapes stay."""
    text = match[0]
    signs = [
        (found.start(), found.end(), chr(int(found[1], 16)) if found[1] else " ")
        for found in _ESCAPED_SIGN.finditer(text)
    ]
    plain: list[str] = []
    places: list[int] = []
    at = 0
    for start, end, sign in [*signs, (len(text), len(text), "")]:
        plain += text[at:start]
        places += range(at, start)
        if sign:
            plain.append(sign)
            places.append(-1)
        at = end
    said = "".join(plain)
    masked = _CARD.sub(_mask_digits, _PHONE.sub(_mask_phone, _GROUPS.sub(_mask_groups, said)))
    out = list(text)
    for place, shown in zip(places, masked, strict=True):
        if place >= 0:
            out[place] = shown
    return "".join(out)


def _mask_digits(match: re.Match[str]) -> str:
    """Stars for digits but the first three and the last two; what stands between groups stays."""
    text = match[0]
    places = [place for place, char in enumerate(text) if char.isalnum()]
    hidden = set(places[3:-2])
    return "".join("*" if place in hidden else char for place, char in enumerate(text))


def _mask_plate(match: re.Match[str]) -> str:
    return match[1] + "*" * len(match[2])


def _mask_document(match: re.Match[str]) -> str:
    number = match[0]
    return number[:2] + "*" * (len(number) - 4) + number[-2:]


def _mask_chinese(match: re.Match[str]) -> str:
    head, tail = _apart(match)
    return _masked_run(head, strictly=False) + tail


def _mask_chinese_strictly(match: re.Match[str]) -> str:
    head, tail = _apart(match)
    return _masked_run(head, strictly=True) + tail


def _apart(match: re.Match[str]) -> tuple[str, str]:
    """A run, and the family name at its end where stars follow: that was masked already."""
    run = match[0]
    if not match.string.startswith("*", match.end()):
        return run, ""
    size = 2 if run[-2:] in COMPOUND else 1 if run[-1] in FAMILY else 0
    return run[: len(run) - size], run[len(run) - size :]


@lru_cache(maxsize=4096)
def _masked_run(run: str, *, strictly: bool) -> str:
    """A run of Chinese characters without names: of two to four of them, whole or beside words that are none.

    Strictly: without whatever is no known word.
    """
    pieces = _pieces(run)
    if not any(known for _, known in pieces):
        pieces = [(run, False)]
    elif len(run) <= LONGEST_NAME and not all(known for _, known in pieces) and _may_name(run):
        pieces = [(run, False)]  # a name that begins like a word
    return "".join(
        piece if known or not (strictly or _may_name(piece)) else _starred(piece) for piece, known in _joined(pieces)
    )


def _joined(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """One character that is no word makes a name of the word before it, where that begins as one."""
    out: list[tuple[str, bool]] = []
    for piece, known in pieces:
        if not known and len(piece) == 1 and out and out[-1][1] and len(out[-1][0]) == 2 and out[-1][0][0] in FAMILY:
            out[-1] = (out[-1][0] + piece, False)
        else:
            out.append((piece, known))
    return out


def _may_name(piece: str) -> bool:
    if 2 <= len(piece) <= LONGEST_NAME and piece[0] in FAMILY:
        return True
    return (3 <= len(piece) <= LONGEST_NAME + 1 and piece[:2] in COMPOUND) or "·" in piece[1:-1]


def _starred(piece: str) -> str:
    kept = 2 if len(piece) > 2 and piece[:2] in COMPOUND else 1 if len(piece) > 1 and piece[0] in FAMILY else 0
    return piece[:kept] + "*" * (len(piece) - kept)


def _pieces(run: str) -> list[tuple[str, bool]]:
    """A run cut into known words, the longest first, and what is left between them."""
    found: list[tuple[str, bool]] = []
    rest = at = 0
    while at < len(run):
        size = _known(run, at)
        if not size:
            at += 1
            continue
        if rest < at:
            found.append((run[rest:at], False))
        found.append((run[at : at + size], True))
        at = rest = at + size
    if rest < len(run):
        found.append((run[rest:], False))
    return found


def _known(run: str, at: int) -> int:
    """Length of the known word there, 0 when there is none; one character is a word only where it stands alone."""
    longest = min(LONGEST_WORD, len(run) - at)
    size = next((size for size in range(longest, 0, -1) if run[at : at + size] in CHINESE_WORDS), 0)
    return size if size > 1 or len(run) == 1 or run[at] == "的" else 0


def _mask_escaped(match: re.Match[str]) -> str:
    return _masked_escapes(match, strictly=False)


def _mask_escaped_strictly(match: re.Match[str]) -> str:
    return _masked_escapes(match, strictly=True)


def _masked_escapes(match: re.Match[str], *, strictly: bool) -> str:
    """Percent-escaped UTF-8 or GBK, masked as what it says; what stays keeps its escapes."""
    text = match[0]
    followed = "*" if match.string.startswith("*", match.end()) else ""
    escapes = [found.span() for found in _ESCAPE.finditer(text)]
    data = bytes.fromhex("".join(_ESCAPE.findall(text)))
    for encoding in ("utf-8", "gb18030"):
        try:
            said = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        masked = _CHINESE.sub(_mask_chinese_strictly if strictly else _mask_chinese, said + followed)
        masked = masked[: len(said)]
        out, at = [], 0
        for char, shown in zip(said, masked, strict=True):
            size = len(char.encode(encoding))
            out.append("*" if shown == "*" else text[escapes[at][0] : escapes[at + size - 1][1]])
            at += size
        return "".join(out)
    return "*" * len(escapes) if strictly else text


def _read(match: re.Match[str]) -> str:
    """Bytes of GBK as their characters; other letters of Latin-1 beside each other go."""
    try:
        said = match[0].encode("latin-1").decode("gb18030")
    except UnicodeDecodeError:
        said = ""
    return said if _CHINESE.fullmatch(said) else "*" * len(match[0])

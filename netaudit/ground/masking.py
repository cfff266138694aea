"""Masking of what identifies a person, and making visible what steers a terminal or hides text.

Every string from a capture that goes into a table or a report passes `mask`. What is kept is enough to compare by eye
(three digits in front, two at the end, the family name), never enough to identify.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

_SHORT_TEXT = 96  # characters
_CACHED = 512  # characters; longer texts are not remembered

# C0, C1, bidirectional controls (UAX 9), zero-width and other invisible characters, line separators, surrogates, tags
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_SUSPECT = re.compile("[@=:%\u3400-\u9fff]|\\d[\\d -]{9}")
_LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")
# digits in groups; neither beside stars (masked already) nor the rest of a longer sequence
_GROUPS = re.compile(r"(?<![*\d])(?<!\d[ -])\d(?:[ -]?\d){9,}+(?:[ -]?[Xx](?![\w]))?+(?!\*)")
_USER = r"[^\s@/:;,<>\"'()=&?*\[\]\\%]"
_MAIL = re.compile(rf"(?<!{_USER})(?:{_USER}|%(?!40))++(?=(?:@|%40)[\w-]+\.\w)")
# identity keys of facts 0.2 and their spellings, in query strings, key=value texts and JSON
_KEYS = (
    "id_?number|id_?num|id_?card(?:_?(?:no|num|number))?|identity_?(?:no|card|number)|certificate_?(?:number|no)|cert_?(?:no|num)"
    "|citizen_?id(?:_?no)?|card_?(?:no|name|num)|(?:persi?on|real|user|customer|client|cust|full|nick|cn)_?name|name|xm|sfz(?:h|hm)?"
    "|user_info|phone(?:_?(?:no|num|number))?|mobile(?:_?(?:no|num|number|phone))?|tel(?:_?(?:no|num|number|phone))?|telnum"
    "|birth(?:day|date)?|(?:residential_?)?address|email|password|passwd|pwd"
)
_KEY = rf"(?:(?<![A-Za-z0-9_])|(?<=%22)|(?<=%26))((?:{_KEYS})(?:\\?[\"']|%22)?\s?(?:=|:|%3[DdAa])\s?"
_QUOTED = re.compile(_KEY + r"(?:\\?[\"']|%22))((?:(?!\\?[\"']|%22).)++)", re.IGNORECASE | re.DOTALL)
_BARE = re.compile(_KEY + r")((?:(?!%26|%22)[^&\s;,\"'<>{}\\])++)", re.IGNORECASE)
_FAMILY = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_CHINESE = re.compile("(?<![\u3400-\u9fff])[\u3400-\u9fff]{2,4}(?![\u3400-\u9fff])")
_HAN = "%[Ee][4-9]%[89AaBb][0-9A-Fa-f]%[89AaBb][0-9A-Fa-f]"
_ESCAPED = re.compile(f"(?<!%[89AaBb][0-9A-Fa-f]){_HAN}(?:{_HAN}){{1,3}}(?!%[89A-Fa-f])")


def mask(text: str) -> str:
    """The text without what identifies a person, control and bidirectional characters as visible escapes.

    Masked are numbers of eleven digits and more (resident ID, phone, bank card), ID and phone numbers in groups, the
    local part of e-mail addresses, values of identity keys (name=, idcard= …), Chinese personal names.
    Masking twice changes nothing more.
    """
    if len(text) <= _SHORT_TEXT:  # hosts, methods, types and paths that come again and again
        return _remembered(text) if text else text
    if text.isprintable() and _SUSPECT.search(text) is None:
        return text
    return _remembered(text) if len(text) <= _CACHED else _mask(text)


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
    if "=" in text or ":" in text or "%3" in text:
        text = _BARE.sub(r"\1***", _QUOTED.sub(r"\1***", text))
    if not text.isascii():
        text = _CHINESE.sub(_mask_name, text)
    if "%" in text:
        text = _ESCAPED.sub(_mask_escaped_name, text)
    return _GROUPS.sub(_mask_groups, _LONG_NUMBER.sub(_mask_number, text))


_remembered = lru_cache(maxsize=16384)(_mask)


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
    out = []
    at = 0
    for char in text:
        plain = char in " -" or at < 3 or at >= len(digits) - 2
        out.append(char if plain else "*")
        at += char not in " -"
    return "".join(out)


def _mask_name(match: re.Match[str]) -> str:
    name = match[0]
    return name[0] + "*" * (len(name) - 1) if name[0] in _FAMILY else name


def _mask_escaped_name(match: re.Match[str]) -> str:
    name = unquote(match[0], errors="replace")
    return match[0][:9] + "*" * (len(name) - 1) if name[0] in _FAMILY else match[0]

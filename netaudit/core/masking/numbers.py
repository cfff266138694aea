"""Masking of numbers: resident ID, phone, bank card, in groups too; number plates; passports and travel permits.

What is kept is enough to compare by eye: three digits in front and two at the end, the letters of a plate's place.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from netaudit.core.text.patterns import later

_LONG_NUMBER = later(r"\d{11,}[Xx]?")
# digits in groups; neither beside stars (masked already) nor the rest of a longer sequence
_GROUPS = later(r"(?<![*\d])(?<!\d[ -])\d(?:[ -]?\d){9,}+(?:[ -]?[Xx](?![\w]))?+(?!\*)")
# the same with what else stands between groups; addresses, dates and versions are written so too
_PHONE = later(r"(?:(?<![*\d])(?<!\d[._/()-])|(?<=86[ ._/()-]))1[3-9]\d(?:[ ._/()-]{0,2}\d){8}(?!\d)(?!\*)")
_CARD = later(
    r"(?<![*\d])(?<!\d[._/])[1-9]\d{5}[._/](?:19|20)\d\d[._/]?(?:0[1-9]|1[0-2])[._/]?[0-3]\d[._/]\d{3}[\dXx](?!\d)"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_PLATE = later(
    f"([{_PROVINCES}][A-Z])"
    r"([ .\-·•_]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳])(?![A-Za-z0-9*])",
    re.IGNORECASE,
)
_ESCAPED_PLATE = later(
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
_ESCAPED_GROUPS = later(r"\d++(?:(?:%(?:25)?(?:20|2[DdEeFf]|5[Ff])|\+)\d++)+[Xx]?")
_ESCAPED_SIGN = later(r"%(?:25)?([0-9A-Fa-f]{2})|\+")
# passports, travel permits to Hong Kong, Macao and Taiwan, and those of their residents
_DOCUMENT = later(
    r"(?<![A-Za-z0-9*])(?:[EGDSPegdsp][A-Za-z]?\d{7,8}|[HMhmCcTt]\d{8}(?:\d\d)?|[Cc][A-Za-z]\d{7})(?![A-Za-z0-9*])"
)


def mask_numbers(text: str) -> str:
    """Numbers of eleven digits and more, ID and phone numbers in groups."""
    text = _GROUPS.sub(_mask_groups, _LONG_NUMBER.sub(_mask_number, text))
    return _CARD.sub(_mask_digits, _PHONE.sub(_mask_phone, text))


def mask_escaped_numbers(text: str) -> str:
    """The same where escapes stand between the groups."""
    return _ESCAPED_GROUPS.sub(_mask_escaped_groups, text)


def mask_plates(text: str) -> str:
    """Number plates."""
    return _PLATE.sub(_mask_plate, text)


def mask_escaped_plates(text: str) -> str:
    """Number plates whose province is escaped."""
    return _ESCAPED_PLATE.sub(_mask_plate, text)


def mask_documents(text: str) -> str:
    """Passports and travel permits: two signs in front and two at the end stay."""
    return _DOCUMENT.sub(_mask_document, text)


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
    plain_text = "".join(plain)
    masked = _CARD.sub(_mask_digits, _PHONE.sub(_mask_phone, _GROUPS.sub(_mask_groups, plain_text)))
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

"""Resident ID numbers, phone numbers and serials of devices: told apart by their form and their check digits."""

from __future__ import annotations

import re
from functools import lru_cache

from netaudit.core.masking.mask import mask, visible

EARLIEST, LATEST = 1900, 2040  # years in which somebody who is seen may be born
LONGEST = 128  # characters of a serial
PROVINCES = frozenset(
    str(code)
    for codes in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 84), (91, 92))
    for code in range(*codes)
)
ID18 = re.compile(r"[1-9]\d{16}[\dXx]", re.ASCII)
MOBILE = re.compile(r"(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}", re.ASCII)
_LABEL = re.compile(
    r"(?:枪机|球机|半球|摄像机|摄像头|相机|抓拍机?|闸机|一体机|人证机|考勤机|门禁|通道|大厅|走廊|沙盘|前台)\d{0,3}\Z"
)
_FIRM = re.compile(
    r"\w{1,20}(?:智能|科技|电子|光电|安防|网络|识别|存储|物联|物联网|视界|视觉|技术|信息|数据|软件|通信|电器|仪器|股份|集团|公司)\Z"
)
_DEVICE_ID, _LONGEST_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_:.#-]{0,63}", re.ASCII), 64


@lru_cache(maxsize=4096)  # devices say theirs again and again; of longer texts than it takes none is one
def _may_be_shown(text: str) -> bool:
    return _DEVICE_ID.fullmatch(text) is not None and not MOBILE.fullmatch(text) and not _holds_id_number(text)


def is_device_id(text: str) -> bool:
    """Whether an id that a document gives for a device may be shown: one word, no identity, phone or card number.

    Serials of eleven digits and more, times of 14 digits and the 20 digits of GB/T 28181 are none of these.
    """
    return len(text) <= _LONGEST_ID and _may_be_shown(text)


def shown_serial(text: str) -> str:
    """A serial number as tables have it: as it was said, unless an identity or phone number stands in it.

    Serials hold dates and long runs of digits, which `mask` would take for numbers of persons.
    """
    return mask(text) if MOBILE.fullmatch(text) or _holds_id_number(text) else visible(text, LONGEST)


def shown_label(text: str) -> str:
    """What somebody called a device or the place that it watches: masked as free text, unless it ends as these do."""
    if _LABEL.search(text) and not _holds_id_number(text) and not any(map(str.isdigit, text[:-3])):
        return visible(text, LONGEST)
    return mask(text)[:LONGEST]


def shown_firm(text: str) -> str:
    """The name of a maker as it was said, where it ends as those of firms do; else masked as free text."""
    whole = _FIRM.fullmatch(text) and not any(map(str.isdigit, text))
    return visible(text, LONGEST) if whole else mask(text)[:LONGEST]


def _holds_id_number(text: str) -> bool:
    return any(right_check_digit(text[at : at + 18]) for at in range(len(text) - 17) if ID18.match(text, at))


def known_region(number: str) -> bool:
    """Whether the first two digits are those of a province or its equal (GB/T 2260; facts 0.3).

    Those of a foreigner's permanent residence card stand behind a 9 (edition of 2023).
    """
    return number[:2] in PROVINCES or (number[:1] == "9" and number[1:3] in PROVINCES)


def right_check_digit(number: str) -> bool:
    """Whether an 18-digit resident ID number has a possible date of birth and the right check digit (GB 11643).

    The region is not looked up: codes were given up and reused, and a number of an unknown region is still one.
    """
    return check_digit(number) == number[-1].upper()


def check_digit(number: str) -> str:
    """Its right check digit, of a number of 18 digits with a possible date of birth; empty for any other."""
    from stdnum.cn import ric

    number = number.upper()
    if number.isascii() and not (
        "01" <= number[10:12] <= "12" and "01" <= number[12:14] <= "31"
    ):  # of most numbers, far faster
        return ""
    try:
        born = ric.get_birth_date(number)
        return str(ric.calc_check_digit(number)) if EARLIEST <= born.year <= LATEST else ""
    except ValueError:
        return ""


_MASKS = (b"****", b"XXXX", b"xxxx", b"\xef\xbc\x8a\xef\xbc\x8a", b"\xe2\x97\x8f\xe2\x97\x8f", b"####")
_MASKED_NUMBER = re.compile(
    rb"(?<![0-9A-Za-z])(?=(?:\d|\*|[Xx#]|\xef\xbc\x8a|\xe2\x97\x8f){15,18}(?![0-9A-Za-z*]))"
    rb"\d{1,6}(?:\*{6,16}|X{6,16}|x{6,16}|#{6,16}|(?:\xef\xbc\x8a){6,16}|(?:\xe2\x97\x8f){6,16})\d{0,6}[\dXx]?(?![0-9A-Za-z*])"
)


def holds_masked_number(text: bytes) -> bool:
    """Whether a number of an identity document stands in a text as senders mask them: 1101**********1234."""
    for mark in _MASKS:  # asked of every small document
        if mark in text:
            return _MASKED_NUMBER.search(text) is not None
    return False

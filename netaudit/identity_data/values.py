"""Values of identity data: what an ID or phone number and a serial are, how they are compared and masked."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from netaudit.masking.mask import mask_path

LEAST_TAIL, LEAST_ADDRESS = 20, 8  # characters
PROVINCES = frozenset(
    str(code)
    for codes in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 84), (91, 92))
    for code in range(*codes)
)
ID18 = re.compile(r"[1-9]\d{16}[\dXx]", re.ASCII)
MOBILE = re.compile(r"(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}", re.ASCII)
_DEVICE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_:.#-]{0,63}", re.ASCII)


class Personal(NamedTuple):
    """One piece of identity data in clear, for private/ only: tables take `masked` and a keyed hash of `canonical`."""

    kind: str  # id_number, phone, name, birthday, address, gender, score, person_id, device, place, time, picture
    path: str  # of the field in its document
    key: str  # name of the field
    value: str
    certainty: str  # checked, named, shape


def is_device_id(text: str) -> bool:
    """Whether an id that a document gives for a device may be shown: one word, no identity, phone or card number.

    Serials of eleven digits and more, times of 14 digits and the 20 digits of GB/T 28181 are none of these.
    """
    if _DEVICE_ID.fullmatch(text) is None or MOBILE.fullmatch(text):
        return False
    return not any(right_check_digit(text[at : at + 18]) for at in range(len(text) - 17) if ID18.match(text, at))


def known_region(number: str) -> bool:
    """Whether the first two digits are those of a province or its equal (GB/T 2260; facts 0.3)."""
    return number[:2] in PROVINCES


def right_check_digit(number: str) -> bool:
    """Whether an 18-digit resident ID number has a possible date of birth and the right check digit (GB 11643).

    The region is not looked up: codes were given up and reused, and a number of an unknown region is still one.
    """
    from stdnum.cn import ric

    number = number.upper()
    try:
        born = ric.get_birth_date(number)
        return 1850 <= born.year <= 2100 and ric.calc_check_digit(number) == number[-1]
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def e164(value: str) -> str:
    """A phone number in E.164, numbers without country code taken for Chinese; the empty string when it is none."""
    import phonenumbers

    try:
        number = phonenumbers.parse(value, "CN")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def address_tail(address: str) -> str:
    """What two addresses of one picture have in common, or the empty string where that is too little to say so.

    An object is sent to a host, or to a bucket in a path, and named by a URL, another host's, or its key alone.
    So the last parts of the path that have `LEAST_TAIL` characters together are compared, or all of a shorter path.
    """
    path = unquote(address.partition("?")[0].partition("#")[0], errors="replace")
    if "://" in path[:10]:
        path = path.partition("://")[2].partition("/")[2]
    parts = [part for part in path.split("/") if part]
    tail = ""
    while parts and len(tail) < LEAST_TAIL:
        tail = f"{parts.pop()}/{tail}" if tail else parts.pop()
    return tail if (len(tail) >= LEAST_ADDRESS and "." in tail) or len(tail) >= LEAST_TAIL else ""


def canonical(one: Personal) -> str:
    """The form that is hashed: the same person written in two ways gives the same."""
    if one.kind == "id_number":
        return one.value.upper()
    if one.kind == "phone":
        return e164(one.value)
    if one.kind == "picture":
        return address_tail(one.value)
    return unicodedata.normalize("NFKC", one.value)


def masked(one: Personal) -> str:
    """The value so that it may be shared: enough to compare by eye, not enough to identify."""
    value = one.value
    if one.kind == "picture":
        return mask_path(value.partition("?")[0])
    if one.kind == "name":
        return value[0] + "*" * min(len(value) - 1, 8)
    if one.kind == "birthday":
        return value[:4] + "****"
    if one.kind == "address":
        return value[:2] + "****"
    if one.kind in {"id_number", "phone", "person_id"}:
        keep = (3, 2) if len(value) >= 11 else (1, 1) if len(value) >= 5 else (0, 0)
        if one.kind == "person_id" and len(value) < 5:  # a running number
            return value
        return value[: keep[0]] + "*" * (len(value) - sum(keep)) + value[len(value) - keep[1] :]
    return value

"""Values of identity data: how they are compared and masked."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from netaudit.core.masking.mask import mask_path

RIGHT = ("checked", "chance")  # certainties of numbers whose check digits are right
LEAST_TAIL, LEAST_ADDRESS = 20, 8  # characters


class Personal(NamedTuple):
    """One piece of identity data in clear, for private/ only: tables take `masked` and a keyed hash of `canonical`."""

    kind: str  # id_number, phone, name, birthday, address, gender, score, person_id, device, place, time, picture
    path: str  # of the field in its document
    key: str  # name of the field
    value: str
    certainty: str  # checked, chance, named, shape
    around: str = ""  # which bytes it was found in (`overlooked.py`); empty where the reader of their document gave it


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
    if one.kind == "biometric":  # what it is, without what it is compared by
        return value.rpartition(" ")[0]
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

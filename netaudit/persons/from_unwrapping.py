"""Identity data in documents: ID numbers, phones, names and what stands beside them, by field name and by value.

Names of fields are those of facts 0.2 and 7.1 (interfaces of makers, `wcb-core` records on site), compared without case
and separators. A number is `checked` when its check digit is right (GB 11643), `named` when its field says what it
is, and `shape` when only its form does (phone numbers by the numbering plan).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.persons.spelled import Field, lines_of, query_fields, widened
from netaudit.unwrapping.document import small_json
from netaudit.unwrapping.fields import fields
from netaudit.unwrapping.text import to_text

if TYPE_CHECKING:
    from netaudit.unwrapping.part import Leaf

LARGEST = 1 << 20  # bytes; longer documents are not read for identity data
MOST_FIELDS = 2000  # of a document
MOST_ROWS = 2000  # of a message
LONGEST_VALUE = 256  # characters
LONGEST_TEXT = 1 << 16  # bytes of a text without notation that is looked through
DOCUMENTS = frozenset({"json", "xml", "form", "text"})
_PROGRAM = ("javascript", "css", "html", "ecmascript")  # content types of texts that say nothing of anybody

# What makes a message one about a person; the other kinds are kept only beside one of these.
TELLING = frozenset({"id_number", "phone", "name", "birthday", "address", "person_id", "gender", "score"})

_NAMES = {
    "id_number": "idnumber idnum idno idcard idcardno idcardnum idcardnumber identityno identitynumber identitycard"
    " identitycardno identityid certificatenumber certificateno certno certnum certnumber citizenidno citizenid cardno"
    " sfzh sfzhm 身份证 身份证号 身份证号码 证件号 证件号码 公民身份号码",
    "phone": "phone phoneno phonenum phonenumber mobile mobileno mobilenum mobilenumber mobilephone cellphone tel telno"
    " telnum telephone telephonenumber contactphone customerphone customermobile userphone usermobile"
    " 手机 手机号 手机号码"
    " 电话 电话号码 联系电话",
    "name": "personname persionname realname cardname customername custname clientname visitorname fullname cnname"
    " idname userrealname certname holdername guestname xm 姓名 客户姓名",
    "birthday": "birthday birthdate dateofbirth birth born 出生日期 出生 生日",
    "address": "residentialaddress familyaddress homeaddress idaddress cardaddress 住址 家庭住址",
    "gender": "gender gendercode sex sexcode 性别",
    "score": "similarity similaritydegree similarity1 searchscore score matchfaceconfidence verifyscore confidence"
    " verificationscore facescore comparescore 相似度",
    "person_id": "personid personcode personno customerid visitorid memberid employeeno employeeid employeenumber"
    " employeenostring jobnumber 人员编号",
    "device": "deviceid devicecode deviceno devicesn deviceserial devicename stdeviceid apeid deviceuuid equipmentid"
    " sn devsn serialno serialnumber devicekey"
    " 设备编号",
    "place": "place placename channelname location devicelocation deviceaddress projectname storename 地点",
    "time": "shottime snapdate snaptime snapshottime capturetime firstphototime lastphototime firstreadtime verifytime"
    " freshcardtime datetime timestamp facetime passtime recordtime eventtime capturedate captime showtime"
    " recognizetime recogtime checktime swipetime time 时间",
}
# of an identity number only where its check digit is right: these are as often other cards and numbers
_DOUBTFUL = frozenset({"cardno", "cardid", "cardnumber", "icnumber", "certid", "idno"})
KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_LOOSE_NAME = frozenset({"name", "username", "nickname", "userinfo", "salername", "agent"})  # also of files and devices
_PEOPLE = frozenset({"person", "personinfo", "persons", "candidate", "customer", "visitor"})  # whose `id` is a person's

# Stems of the telling names as bytes: none of them, and no long number, means no need to parse.
_STEMS = (
    rb"(?i:name|idn|id_n|idc|id_c|iden|cert|citizen|card|sfz|xm\"|phone|mobile|tel|birth|born|addr|gender|sex|score|simil|confid"
    rb"|person|customer|visitor|member|employee|\\u[0-9a-f]{4}|%[ef])|[\xa1-\xf7]|[0-9]{11}"
)
_KEY = re.compile(r"[^./@\]\[]*(?:\[\d+\])*\Z")
PROVINCES = frozenset(
    str(code)
    for codes in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 84), (91, 92))
    for code in range(*codes)
)
_CELL = re.compile(r"(.+)\[\d+\]\Z")
_DEVICE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_:.#-]{0,63}", re.ASCII)
_UNSET = frozenset({"0", "-1", "null", "none"})
_SEPARATORS = re.compile(r"[\s_.-]+")
_ID18 = re.compile(r"[1-9]\d{16}[\dXx]", re.ASCII)
_ID15 = re.compile(r"[1-9]\d{14}", re.ASCII)
_ID_LIKE = re.compile(r"(?=.*\d)[0-9A-Za-z()（）-]{6,30}", re.ASCII)
_MOBILE = re.compile(r"(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}", re.ASCII)
_PHONE_LIKE = re.compile(r"\+?[\d ()-]{7,20}", re.ASCII)
_HAN_NAME = re.compile("[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{2,10}(?:[·•][\u3400-\u9fff]{1,10}){1,4}")
_LATIN_NAME = re.compile(r"[^\W\d_]{2,}(?:[ '·.-]{1,2}[^\W\d_]+){1,4}")
_FILE = re.compile(r"\.\w{2,5}\Z|[/\\:]")


class Personal(NamedTuple):
    """One piece of identity data in clear, for private/ only: tables take `masked` and a keyed hash of `canonical`."""

    kind: str  # id_number, phone, name, birthday, address, gender, score, person_id, device, place, time
    path: str  # of the field in its document
    key: str  # name of the field
    value: str
    certainty: str  # checked, named, shape


def personal(leaf: Leaf) -> list[Personal]:
    """What `leaf` says of people and of the circumstances, in the order of the document."""
    if leaf.kind not in DOCUMENTS or not 0 < len(leaf.part.data) <= LARGEST:
        return []
    if leaf.kind == "text":
        return _of_text(leaf)
    found = [Field(*one) for one in fields(leaf, most=MOST_FIELDS, worth=may_tell)]
    return _classified(widened(found, names_personal, partial(_parsed, leaf))) if found else []


def _parsed(leaf: Leaf, text: str) -> object:
    """What a text in a document says that is a JSON document itself; None where it is none."""
    return small_json(text.encode("utf-8", "replace"), leaf.known).value


def of_query(target: str) -> list[Personal]:
    """What the query of a request target says of people."""
    return _classified(query_fields(target)) if asks_about(target) else []


def asks_about(target: str) -> bool:
    """Whether the query of a request target may name a person."""
    return "?" in target and may_tell(target.encode("utf-8", "replace"))


def _of_text(leaf: Leaf) -> list[Personal]:
    """A field of a multipart body, or lines of fields: there two must be about a person, or one be a number."""
    part = leaf.part
    if (
        part.name
        and len(part.data) <= LONGEST_VALUE * 4
        and (found := _classified([Field(*one) for one in fields(leaf)]))
    ):
        return found
    kind = part.content_type.lower()
    if len(part.data) > LONGEST_TEXT or any(word in kind for word in _PROGRAM) or not may_tell(part.data):
        return []
    found = _classified(lines_of(to_text(part.data, part.content_type), part.name, names_personal))
    told = {one.kind for one in found} & {"id_number", "phone", "name", "birthday", "address"}
    sure = any(one.kind == "id_number" and one.certainty == "checked" for one in found)
    return found if sure or len(told) > 1 else []


def names_personal(key: str) -> bool:
    """Whether a key names a field of a person, surely or loosely."""
    name = _plain(key)
    return KINDS.get(name, "") in TELLING or name in _LOOSE_NAME


def names_id(path: str) -> bool:
    """Whether the field at a path is called an identity number."""
    name = _plain(_KEY.search(path)[0])  # type: ignore[index]
    return KINDS.get(name) == "id_number" or name in _DOUBTFUL


def is_device_id(text: str) -> bool:
    """Whether an id that a document gives for a device may be shown: one word, no identity, phone or card number.

    Serials of eleven digits and more, times of 14 digits and the 20 digits of GB/T 28181 are none of these.
    """
    if _DEVICE_ID.fullmatch(text) is None or _MOBILE.fullmatch(text):
        return False
    return not any(right_check_digit(text[at : at + 18]) for at in range(len(text) - 17) if _ID18.match(text, at))


def known_region(number: str) -> bool:
    """Whether the first two digits are those of a province or its equal (GB/T 2260; facts 0.3)."""
    return number[:2] in PROVINCES


def telling(found: list[Personal]) -> bool:
    """Whether there is a person in it, not circumstances alone."""
    return any(one.kind in TELLING for one in found)


def may_tell(text: bytes) -> bool:
    """Whether a name of a field of identity data may stand in a text."""
    return bool(_stems().Match(text))


@lru_cache(maxsize=1)
def _stems() -> Any:
    """The stems as one automaton: alternatives without case take `re` fifty times as long, on base64 above all."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    stems = re2.Set.SearchSet(
        options
    )  # of one: its answer is a yes or no, where a search gives places, at twice the cost
    stems.Add(_STEMS)
    stems.Compile()
    return stems


def _classified(found: list[Field]) -> list[Personal]:
    out: list[Personal] = []
    loose: list[tuple[int, Field]] = []
    for field in found:
        value = field.value.strip()
        if not value or len(value) > LONGEST_VALUE or "*" in value:  # what the sender masked identifies nobody
            continue
        name = _plain(field.key)
        if name in _LOOSE_NAME or name in {"address", "id"}:
            loose.append((len(out), field))
        if one := _judge(name, field, value):
            out.append(one)
    out = _with_loose(out, loose) if loose else out
    return _with_cells(out, found) if any(one.kind == "id_number" for one in out) else out


def _with_cells(out: list[Personal], found: list[Field]) -> list[Personal]:
    """Add Chinese names that stand in one list, or line, with an ID number."""
    lists = {row[1] for one in out if one.kind == "id_number" and (row := _CELL.match(one.path))}
    known = {(one.path, one.kind) for one in out}
    for field in found if lists else ():
        row = _CELL.match(field.path)
        if row and row[1] in lists and (field.path, "name") not in known and _HAN_NAME.fullmatch(field.value.strip()):
            out.append(Personal("name", field.path, field.key, field.value.strip(), "named"))
    return out


def _judge(name: str, field: Field, value: str) -> Personal | None:
    kind = KINDS.get(name, "")
    if _ID18.fullmatch(value) and right_check_digit(value):
        return Personal("id_number", field.path, field.key, value.upper(), "checked")
    if kind == "id_number" and (name not in _DOUBTFUL or _ID15.fullmatch(value)):
        fits = _ID18.fullmatch(value) or _ID15.fullmatch(value) or _ID_LIKE.fullmatch(value)
        return Personal(kind, field.path, field.key, value, "named") if fits else None
    if kind == "id_number":
        return None
    if kind == "phone":
        fits = _PHONE_LIKE.fullmatch(value)
        return Personal(kind, field.path, field.key, value, "named") if fits and e164(value) else None
    if not kind and _MOBILE.fullmatch(value) and e164(value):
        return Personal("phone", field.path, field.key, value, "shape")
    if not kind or (kind == "name" and not _could_be_name(value)):
        return None
    if kind == "birthday" and sum(map(str.isdigit, value)) < 6:
        return None
    if kind == "person_id" and value in _UNSET:
        return None
    return Personal(kind, field.path, field.key, value, "named")


def _with_loose(out: list[Personal], loose: list[tuple[int, Field]]) -> list[Personal]:
    """Add fields whose name alone says little: by their value, or by what stands in the same record."""
    sure = {"id_number", "phone", "birthday", "gender", "person_id"}
    records = {_record(one.path) for one in out if one.kind in sure}
    for place, field in reversed(loose):
        value, name = field.value.strip(), _plain(field.key)
        beside = _record(field.path) in records
        kind = ""
        if name == "id":
            holder = re.split(r"[./]", _record(field.path))[-1].partition("[")[0]
            kind = "person_id" if value not in _UNSET and _plain(holder) in _PEOPLE else ""
        elif name == "address":
            kind = "address" if beside else ""
        elif _HAN_NAME.fullmatch(value) or (beside and _could_be_name(value)):
            kind = "name"
        if kind:
            out.insert(place, Personal(kind, field.path, field.key, value, "named"))
    return out


def _could_be_name(value: str) -> bool:
    if _HAN_NAME.fullmatch(value):
        return True
    return _LATIN_NAME.fullmatch(value) is not None and _FILE.search(value) is None


def _record(path: str) -> str:
    """Path of the object that holds a field."""
    return path.rpartition("/")[0] if "/" in path else path.rpartition(".")[0]


@lru_cache(maxsize=4096)
def _plain(key: str) -> str:
    """Field name without case, separators, XML prefix and array index."""
    return _SEPARATORS.sub("", key[:80].rpartition(":")[2].lstrip("@")).lower()


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


def canonical(one: Personal) -> str:
    """The form that is hashed: the same person written in two ways gives the same."""
    if one.kind == "id_number":
        return one.value.upper()
    if one.kind == "phone":
        return e164(one.value)
    return unicodedata.normalize("NFKC", one.value)


def masked(one: Personal) -> str:
    """The value so that it may be shared: enough to compare by eye, not enough to identify."""
    value = one.value
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

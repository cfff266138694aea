"""Forms of values: what a leaf looks like, whatever it is called. Nothing of them depends on order, time or worker."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from netaudit.core.masking.number_forms import ID18, MOBILE, right_check_digit
from netaudit.core.text.patterns import later
from netaudit.events.identity.naming import could_be_name
from netaudit.events.inference.times import DATED, MAIL, SPELLED, TURNED, WRITTEN
from netaudit.events.rules.passages import may_be_way

if TYPE_CHECKING:
    from collections.abc import Callable

_DATE = later(r"(?:19|20)\d\d[-/.年]?(?:0?[1-9]|1[0-2])[-/.月]?(?:[12]\d|3[01]|0?[1-9])日?", re.ASCII)
_TIME = later(
    r"(?:19|20)\d\d[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?[T _]{0,2}\d{1,2}[:时]?\d{2}(?:[:分]?\d{2}秒?(?:[.,]?\d{1,9})?)?"
    r"\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_EPOCH = later(r"1[0-9]{9}(?:\.\d{1,6}|\d{3}|\d{6})?", re.ASCII)
_NUMBER = later(r"-?\d{1,12}(?:\.\d{1,20})?(?:[eE]-?\d{1,3})?", re.ASCII)
_THOUSANDS = later(r"-?[1-9]\d{0,2},\d{3}", re.ASCII)
_CODE = later(r"(?=.*[\dA-Z_-])[A-Za-z0-9][A-Za-z0-9_:.#@-]{2,63}", re.ASCII)
_ID = later(r"(?=.*[\dA-Za-z])[A-Za-z0-9_:.#@{}-]{1,64}", re.ASCII)
_UUID = later(r"\{?[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?")
_HEX = later(r"(?=.*\d)[0-9a-fA-F]{16,128}")
_HOST = later(r"(?:\d{1,3}\.){3}\d{1,3}|(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,12}", re.IGNORECASE)
_URL = later(r"[a-z][a-z0-9+.-]{1,15}://[^\s<>\"]{3,2000}", re.IGNORECASE)
_PICTURE = later(
    r"(?:[a-z][a-z0-9+.-]{1,15}://|/|[\w.-]+/)?[^\s<>\"]{3,2000}\.(?:jpe?g|png|bmp|webp)(?:[?#]\S*)?", re.IGNORECASE
)
_KEY_OF_STORE = later(r"(?:[a-z][a-z0-9+.-]{1,15}://|/)?[\w.-]+(?:/[\w.=-]+){2,12}(?:\?\S*)?", re.IGNORECASE)
_PLATE = later(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-Z][·\\s-]?[A-Z0-9]{4,5}[A-Z0-9挂学警港澳试超]"
)
_DIALLED = later(r"\+?\d[\d -]{6,17}", re.ASCII)  # where a name says that it is a number to be called
_MASKED = later(r"(?=.*(?:[*＊•●#]|[xX×]{3}|某))[\w*＊•●#×·+ -]{1,40}")  # by its sender
_HANGUL = later(r"[\uac00-\ud7a3]{2,5}")
_LETTER = later(r"[^\W\d_]")
_HAN = later(r"[\u3400-\u9fff]")
_AGE = later(r"(?:0?\d{1,2}|1[01]\d)(?:\.0+)?\s?[岁歳세]?|\d{1,2}\s?[-~]\s?\d{1,3}", re.ASCII)
_SEXES = (
    "0 1 2 m f w h male female man woman boy girl unknown homme femme hombre mujer masculino femenino mann frau "
    "男 女 未知 男性 女性 先生 女士 м ж муж жен мужской женский мужчина женщина muzh zhen muzhskoy zhenskiy nan nv nu "
    "masculin féminin homem mulher feminino männlich weiblich erkek kadın kadin e k nam nữ 남 여 남성 여성 남자 여자 "
    "namja yeoja dhakar untha laki-laki perempuan pria wanita l p uomo donna "
    "mies nainen kvinna kvinde kvinne mand mann kvinne muž žena mężczyzna kobieta férfi nő ανδρας "
    "άνδρας γυναίκα γυναικα זכר נקבה ер әйел еркек эрэгтэй эмэгтэй эр эм эркак аёл erkak ayol kişi "
    "qadın مرد زن ذكر أنثى पुरुष महिला ชาย หญิง lelaki lalaki babae mees naine vīrietis sieviete "
    "vyras moteris bărbat femeie bărbătesc femeiesc muški ženski мушки женски чоловік жінка чоловіча "
    "жіноча мъж жена мужчына жанчына տղամարդ կին კაცი ქალი man vrouw home dona ஆண் பெண் পুরুষ মহিলা "
    "ຊາຍ ຍິງ ប្រុស ស្រី ကျား မ mwanaume mwanamke ئەر ئايال ཕོ མོ"
)
GENDERS = frozenset(_SEXES.split())
_UNSET = frozenset({"", "-1", "0", "null", "none", "unknown", "undefined", "nan"})
_NOBODY = (  # what stands where nobody is known
    "-|--|/|n/a|na|null|none|nil|undefined|nan|unknown|unnamed|stranger|guest|visitor|anonymous|unregistered|陌生人|未登记"
    "|未知|未注册|无|匿名|访客|游客|不详|desconhecido|desconocido|inconnu|unbekannt|sconosciuto|неизвестно|неизвестный"
    "|незнакомец|bilinmiyor|yabancı|khách lạ|không rõ|미등록|미확인|모름|방문객|不明|未登録|majhul|gharib"
    "|tidak dikenal|tamu"
)
PLACEHOLDERS = frozenset(["", *_NOBODY.split("|")])
LONGEST_PLACE = 40  # characters


def form_of(value: str) -> str:
    """The class of a value, the first that fits: the alphabet of which skeletons are made."""
    return _remembered(value) if len(value) <= 128 else _form(value)


def _form(value: str) -> str:
    text = value.strip()
    if not text:
        return "empty"
    for name, fits in FORMS:
        if fits(text):
            return name
    return "text"


_remembered = lru_cache(maxsize=8192)(_form)


def is_time(text: str) -> bool:
    """Whether a text is a date with a time of day, or a number of seconds since 1970."""
    return bool(_EPOCH.fullmatch(text) or _TIME.fullmatch(text) or _is_written(text))


def _is_written(text: str) -> bool:
    return len(text) <= 64 and any(one.fullmatch(text) for one in (WRITTEN, SPELLED, DATED, MAIL, TURNED))


def is_unset(text: str) -> bool:
    """Whether it stands where nobody is known: no value, a stranger."""
    return text.strip().casefold() in PLACEHOLDERS


def is_name(text: str) -> bool:
    """Whether somebody may be called so."""
    if is_unset(text):
        return False
    return could_be_name(text) or _HANGUL.fullmatch(text) is not None


def is_masked(text: str) -> bool:
    """Whether its sender masked a value: a name, a number."""
    return _MASKED.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Whether it is a date alone."""
    return bool(_DATE.fullmatch(text))


def is_picture_url(text: str) -> bool:
    """Whether it is the address or the key under which a picture lies."""
    return bool(_PICTURE.fullmatch(text)) or (bool(_KEY_OF_STORE.fullmatch(text)) and len(text) >= 12)


def is_named_picture(text: str) -> bool:
    """Whether it is an address that ends as those of pictures do."""
    return _PICTURE.fullmatch(text) is not None and "/" in text


def is_words(text: str) -> bool:
    """A short text that people read: letters, no number, no address of a network."""
    return (
        2 <= len(text) <= LONGEST_PLACE
        and _LETTER.search(text) is not None
        and not (_UUID.fullmatch(text) or _HEX.fullmatch(text) or _URL.fullmatch(text) or is_time(text))
        and text.lower() not in _UNSET
        and text[0] not in "{[</"
    )


def is_han(text: str) -> bool:
    """Whether it is a short text with Chinese characters."""
    return is_words(text) and _HAN.search(text) is not None


def is_id_number(text: str) -> bool:
    """Whether it is a resident ID number with the right check digit."""
    return bool(ID18.fullmatch(text)) and right_check_digit(text)


def is_address(text: str) -> bool:
    """Whether it may be where somebody lives."""
    return 4 <= len(text) <= 120 and (len(_HAN.findall(text)) >= 4 or (" " in text and any(map(str.isdigit, text))))


def number(text: str) -> float | None:
    """The number that a text is."""
    bare = text.rstrip("%％分点점 ")
    if bare.count(",") == 1 and "." not in bare:
        bare = bare.replace(",", "" if _THOUSANDS.fullmatch(bare) else ".")
    return float(bare) if _NUMBER.fullmatch(bare) else None


def is_score(text: str) -> bool:
    """Whether it may be a score on any scale."""
    value = number(text)
    return value is not None and 0 <= value <= 1000


FORMS = (
    ("id number", is_id_number),
    ("time", is_time),
    ("date", is_date),
    ("phone", lambda text: MOBILE.fullmatch(text) is not None),
    ("uuid", lambda text: _UUID.fullmatch(text) is not None),
    ("decimal", lambda text: "." in text and _NUMBER.fullmatch(text) is not None),
    ("int", lambda text: _NUMBER.fullmatch(text) is not None),
    ("hex", lambda text: _HEX.fullmatch(text) is not None),
    ("picture's address", lambda text: _PICTURE.fullmatch(text) is not None),
    ("url", lambda text: _URL.fullmatch(text) is not None),
    ("host", lambda text: _HOST.fullmatch(text) is not None),
    ("word", lambda text: text.isascii() and text.isidentifier()),
    ("code", lambda text: _CODE.fullmatch(text) is not None),
    ("chinese", is_han),
)

SHAPES: dict[str, Callable[[str], bool]] = {  # what values of a meaning look like
    "time": is_time,
    "any_time": lambda text: is_time(text) or is_date(text),
    "code": lambda text: _CODE.fullmatch(text) is not None and not is_time(text) and not _HOST.fullmatch(text),
    "id": lambda text: _ID.fullmatch(text) is not None and text.lower() not in _UNSET,
    "words": is_words,
    "name": is_name,
    "id18": is_id_number,
    "phone": lambda text: _DIALLED.fullmatch(text) is not None,
    "date": is_date,
    "address": is_address,
    "gender": lambda text: text.lower() in GENDERS,
    "age": lambda text: _AGE.fullmatch(text) is not None,
    "score": is_score,
    "plate": lambda text: _PLATE.fullmatch(text) is not None,
    "picture_url": is_picture_url,
    "state": lambda text: 0 < len(text) <= 24,
    "direction": may_be_way,
    "short": lambda text: 0 < len(text) <= 40,
    "picture": lambda text: text == PICTURE,
}
PICTURE = "image"  # the value of a leaf that is one

"""How fields of persons are called: by their own names, by names that end so, and by names that say it beside others.

Names are those of facts 0.2 and 7.1 (interfaces of makers, `wcb-core` records on site), compared without case and
separators. Labels of forms are longer ("客户身份证号码（必填）"): Chinese ones are known by how they end.
"""

from __future__ import annotations

from functools import lru_cache

from netaudit.core.masking.words import COMPOUND, FAMILY
from netaudit.core.text.patterns import later
from netaudit.core.text.yaml_text import yaml_of

_SAID = yaml_of(__package__, "words.yaml")
WORDS = frozenset(_SAID["words"].split())
DOUBTFUL = frozenset(_SAID["doubtful"].split())
KINDS: dict[str, str] = {name: kind for kind, names in _SAID["fields"].items() for name in names.split()}
_ROLES = tuple(_SAID["roles"].split())
# What makes a message one about a person; the other kinds are kept only beside one of these.
TELLING = frozenset({"id_number", "phone", "name", "birthday", "address", "person_id", "gender", "score", "biometric"})

LOOSE_NAME = frozenset({"name", "username", "nickname", "userinfo", "salername", "agent", "holder", "nm", "fn"})
"""Also of files and devices: a person's beside what is surely one's."""
_ID_ENDS = tuple(sorted({name for name, kind in KINDS.items() if kind == "id_number" and len(name) >= 6} | DOUBTFUL))
_VALUE_ENDS = ("text", "value")
_ADDRESS_ENDS = ("address", "addr", "addresstext", "dz", "地址", "住址")
_OF_NETWORKS = later("ip|mac|mail|web|http|url|device|server|host|net|gateway|img|image|pic|file")
_BORN = later("birth|born|csrq|出生|生日")
_NAME_ENDS = ("name", "xm", "nm", "xingming", "姓名", "名字")
# whose names end so: things and places
_OF_THINGS = later(
    "device|channel|camera|place|project|store|shop|group|dept|depart|compan|corp|^org|city|provinc|area|region|district"
    "|type|file|^app(?!l)|product|build|room|house|site|school|class|bank|brand|role|event|item|task|status|level|title"
    "|nation|position|gate|door|zone|street|road|hotel|page|module|menu|table|column|field|service|server|domain|tag"
    "|categor|plan|host|path|display|model|unit|estate|community|location|library|^db|bucket|key|attr|param|game|song"
    "|team|brand|form|template"
)
# how words end that begin as names do: peoples, places, things
_WORD_ENDS = frozenset("族市省县区镇路街栋层楼室厅局所店行厂部院校站码号件证卡图片率")
LONGEST_LABEL = 40  # characters of the name of a field
_HAN_ENDS = tuple(sorted((name for name in KINDS if not name.isascii()), key=len, reverse=True))
HAN_NAME = later("[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{2,10}(?:[·•][\u3400-\u9fff]{1,10}){1,4}")
_LATIN_NAME = later(r"[^\W\d_]{2,}(?:[ '’‘ʻʼ·.-]{1,2}[^\W\d_]+){1,5}")
_FILE = later(r"\.\w{2,5}\Z|[/\\:]")
_SEPARATORS = later(r"[\s_.-]+")
_DECORATION = later(r"[（(【\[][^）)】\]]{0,12}[）)】\]]|[*：:?？]+")
_KEY = later(r"[^./@\]\[]*(?:\[\d+\])*\Z")


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """Field name without case, separators, XML prefix and attribute mark."""
    return _SEPARATORS.sub("", key[:80].rpartition(":")[2].lstrip("@")).lower()


@lru_cache(maxsize=4096)
def kind_of(key: str) -> str:
    """What a field of this name says, or the empty string; `doubtful` of numbers that are as often another card's."""
    name = plain(key)
    if name in DOUBTFUL:
        return "doubtful"
    if kind := KINDS.get(name, ""):
        return kind
    if name.endswith(_VALUE_ENDS) and (kind := KINDS.get(name.removesuffix("text").removesuffix("value"), "")):
        return kind
    if name[-1:].isdigit() and (bare := name.rstrip("0123456789")):  # of several of a kind, or of so many digits
        return KINDS.get(bare, "doubtful" if bare in DOUBTFUL else "")
    if not name.isascii():
        label = _SEPARATORS.sub("", _DECORATION.sub("", key[:80]))
        return next((KINDS[end] for end in _HAN_ENDS if label.endswith(end)), "")
    return "doubtful" if name.endswith(_ID_ENDS) else ""


def names_personal(key: str) -> bool:
    """Whether a key names a field of a person, surely or loosely."""
    kind = kind_of(key)
    if kind in TELLING or kind == "doubtful" or plain(key) in LOOSE_NAME:
        return True
    return plain(key).endswith(_NAME_ENDS) and len(key) <= LONGEST_LABEL and may_be_of_somebody(key)


def names_id(path: str) -> bool:
    """Whether the field at a path is called an identity number."""
    return _kind_at(path) in {"id_number", "doubtful"}


def is_id_field(path: str) -> bool:
    """Return whether the field at a path is called an identity number by a name that other numbers seldom have."""
    return _kind_at(path) == "id_number"


def _kind_at(path: str) -> str:
    return kind_of(_KEY.search(path)[0].partition("[")[0])  # type: ignore[index]


@lru_cache(maxsize=4096)
def may_be_of_somebody(key: str) -> bool:
    """Whether a name of a field may be that of somebody's name, and is not surely that of a thing's."""
    name = plain(key)
    name = name.removesuffix("text") if name != "text" else name
    return name in LOOSE_NAME or (name.endswith((*_NAME_ENDS, *_ROLES)) and _OF_THINGS.search(name) is None)


@lru_cache(maxsize=4096)
def may_be_beside(key: str) -> str:
    """What a field says where it stands beside a person's number: an address, or when somebody was born."""
    name = plain(key)
    if name.endswith(_ADDRESS_ENDS) and _OF_NETWORKS.search(name) is None:
        return "address"
    return "birthday" if _BORN.search(name) else ""


def could_be_name(value: str) -> bool:
    """Whether a value looks like a person's name."""
    if HAN_NAME.fullmatch(value):
        return True
    return _LATIN_NAME.fullmatch(value) is not None and _FILE.search(value) is None


def is_word(value: str) -> bool:
    """Whether Chinese characters are a word of forms, or end as peoples, places and things do (汉族, 建国路)."""
    return value in WORDS or value[-1:] in _WORD_ENDS


def has_family_name(value: str) -> bool:
    """Whether a Chinese name begins with a family name."""
    if not HAN_NAME.fullmatch(value) or is_word(value):
        return False
    return value[0] in FAMILY or value[:2] in COMPOUND or "·" in value

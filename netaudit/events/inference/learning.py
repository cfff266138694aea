"""What the fields of a route mean: by their names, and by how their values behave over its messages.

Names go first; where they say nothing, values teach from `LEAST` messages on. A meaning needs its support, and loses it
by contradictions; else the field stays without one. Counts only, of all messages: their order is no matter.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from netaudit.core.masking.number_forms import known_region
from netaudit.core.signatures.field_words import (
    BY_END,
    BY_NAME,
    BY_STEM,
    GENERIC,
    Meaning,
    folded,
    meanings,
    named_in,
    words_of,
)
from netaudit.core.text.patterns import later
from netaudit.events.identity.naming import has_family_name, plain
from netaudit.events.inference.by_numbers import say_by_numbers
from netaudit.events.inference.fields import BEHAVIOUR, VOCABULARY, Field, Fields
from netaudit.events.inference.shapes import (
    form_of,
    is_han,
    is_masked,
    is_named_picture,
    is_unset,
    is_words,
    number,
)
from netaudit.events.inference.times import when
from netaudit.events.inference.vocabulary import PICTURES, fits
from netaudit.events.rules.passages import IN, OUT, way_of
from netaudit.events.rules.verdicts import is_verdict

if TYPE_CHECKING:
    from netaudit.events.inference.messages import RouteMessage
    from netaudit.events.inference.outlines import Leaf

LEAST = 5  # messages that teach something
MASKED = frozenset({"name", "id_number", "phone"})  # what senders mask
NOBODYS = frozenset({"0", "-1"})  # ids of nobody
TOPICS = frozenset({"mqtt"})  # protocols whose targets senders name as they like
SHARE = 0.8  # of the values that have to bear a meaning
_NUMBERS, _PERSONS = frozenset({"id_number", "person_id"}), frozenset({"name", "gender", "birthday", "phone"})
_OF_SOMEBODY = frozenset({"id_number", "phone", "score", "person_id", "birthday"})
SHORTEST_SERIAL, LONGEST_SERIAL, LEAST_DIGITS = 6, 64, 3  # characters, digits among them
MOST_VERDICTS = 4  # ways in which comparisons end
_DECIDED = frozenset({"score", "id_number", "name", "picture", "person_id"})  # beside how a comparison ended
LEAST_LIKE = 50  # percent
OFTEN = 3  # times that a name is said of somebody, and never a number beside it: it stands for strangers
# how names of numbers end, and of which things else such numbers are
_NUMBERED = later(
    r"(?:id|uid|no|nr|num|number|code|sn|serial|ref|bh|xlh|编号|序号|序列号|编码|号|номер|nomer|numero|번호|番号)\Z|"
    "رقم|номер|nomer|raqm|^mã|^ma[^a-z]|번호"
)
_NAMELESS = later(r"(?:c|col|column|f|field|v)?\d{1,3}")
_NO_DEVICE = later(
    "app|tenant|project|org|group|corp|compan|firm|shop|store|park|city|area|region|zone|user|agent|token|secret|key|"
    "version|schema|batch|event|record|template|product|model|protocol|partner|channel|lib|merchant|community|building|"
    "floor|order|task|plan|rule|sign|nonce|trace|request|session|应用|项目|公司|门店|商户|版本|项目|楼盘|企业|租户|"
    "пропуск|проект|компан"
)
# what a constant text is named after that is no place
_NO_PLACE = later(
    "type|kind|class|categor|reason|purpose|motiv|cmd|command|method|action|compan|firm|org|dept|depart|content|mime|"
    "status|state|brand|model|level|version|ver$|encod|format|lang|source|schema|unit$|event|result|remark|note|desc|"
    "业务|公司|类型|种类|类别|车型|事由|目的|原因|机关|民族|国籍|渠道|来源|状态|备注|gongsi|leixing|lx$|lfsy|причин|цель|тип|"
    "компан|filename|business|service|库|名单|library|watch_?list|facelib|libname|message|msg|消息|title|标题|subject|topic|text$"
)

_PLACE_ENDS = frozenset("门口厅室廊区台楼座层侧道处点馆园场店部院路街角梯亭桥栋")
QUARTER = 900 * 10**9  # … but for zones and clocks that are wrong by quarters of an hour
FARTHEST = 26 * 3600 * 10**9
_NUMBER = "id number"  # the form of one with a right check digit
_OF_DEVICE = later(r"(.{2,40}?)(?:id|no|num|number|code|sn|serial|serialno|key|uuid|bh|编号|序列号)")
_NAME_OF = later(r"(.{2,40}?)(?:name|title|label|mc|名称|名)")
_FILE = later(r"\.\w{2,4}\Z|\w/\w")  # and types of media
_NO_SCORE = later(
    "live|quality|qual|blur|clear|bright|temp|mask|lat|lon|lng|x$|y$|w$|h$|width|height|left|top|right|bottom|yaw|pitch|"
    "roll|volt|humid|ratio|size|len|count|num|total|duration|cost|thresh|weight|price|amount|version|ver|fps|rate$"
)
_SEXES = frozenset({"男", "女", "male", "female", "Male", "Female"})
_NO_NAME = later(
    "device|channel|camera|place|project|store|shop|group|dept|compan|org|city|provinc|area|type|file|title|agent|broker|advis|"
    "consult|sale|operator|admin|user_?agent|nation|gw|经|顾问|销售|地|名称"
)


def fields_of(messages: list[RouteMessage]) -> Fields:
    """Fields of the messages of one route, with their meanings."""
    out = Fields()
    for one in messages:
        seen, ns = set(), one.ns
        for leaf in one.leaves:
            known = out.get(leaf.form)
            if known is None:
                known = out[leaf.form] = Field(leaf.form, "")
            if leaf.form not in seen:
                seen.add(leaf.form)
                known.messages += 1
            _add(known, leaf, ns)
    called = [known for known in out.values() if _NUMBER in known.forms or candidates(known.path, known.key)]
    for late in (False, True):  # what needs something beside it comes when that is known
        beside = {known.meaning for known in out.values()} | {"picture" for known in out.values() if known.pictures}
        for known in called:
            if not known.meaning:
                _by_name(known, beside if late else set())
    segments = {leaf.value for one in messages for leaf in one.leaves if leaf.head and leaf.path.startswith("path[")}
    for known in out.values():
        if not known.meaning and not known.pictures and max(known.messages, sum(known.values.values())) >= LEAST:
            _by_behaviour(known, segments, beside)
    beside |= {known.meaning for known in out.values()}
    for known in called:  # what behaviour told stands beside, too
        if not known.meaning:
            _by_name(known, beside)
    _as_of_one(out)
    _one_place(out)
    say_by_numbers(messages, out, _is_called)
    _by_its_number(out)
    _by_its_step(messages, out)
    for known in out.values():
        if known.meaning == "name" and max(known.values.values()) >= OFTEN:
            known.strangers = _strangers(known, messages, out)
    return out


def _one_place(fields: dict[str, Field]) -> None:
    """Of several constant texts that no word calls a place, those are one that end as places do."""
    places = [known for known in fields.values() if known.meaning == "place"]
    said = {next(iter(known.values)) for known in places}
    if len(said) < 2 or any(known.known_by != BEHAVIOUR for known in places):
        return
    for known in places:
        if next(iter(known.values))[-1] not in _PLACE_ENDS:
            known.meaning = ""


def _is_called(one: Field) -> bool:
    """Whether its name is that of something else than a person's name."""
    return _NO_NAME.search(plain(one.key)) is not None or bool(candidates(one.path, one.key))


def _strangers(one: Field, messages: list[RouteMessage], fields: dict[str, Field]) -> frozenset[str]:
    """Names that come again and again, and never with a number or a score, as those of others do."""
    alone: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for message in messages:
        known = {leaf.path.rpartition("]")[0] for leaf in message.leaves if fields[leaf.form].meaning in _OF_SOMEBODY}
        for leaf in message.leaves:
            if leaf.form == one.path:
                accompanied = leaf.path.rpartition("]")[0] in known or ("" in known and not leaf.path.count("]"))
                (beside if accompanied else alone)[leaf.value] += 1
    often = {value for value, count in alone.items() if count >= OFTEN and value not in beside}
    return frozenset(often) if len(beside) >= OFTEN and sum(beside.values()) >= OFTEN else frozenset()


def _as_of_one(fields: dict[str, Field]) -> None:
    """What an element means is the same whether one came or several in a row."""
    meant = {known.path.replace("[]", ""): known for known in fields.values() if known.meaning}
    for known in fields.values() if meant else ():
        twin = meant.get(known.path.replace("[]", "")) if not known.meaning else None
        if not twin or bool(known.pictures) != twin.meaning.startswith(PICTURES):
            continue
        if known.pictures or twin.form == known.form:
            total = known.pictures or sum(known.values.values())
            known.say(twin.meaning, twin.known_by, twin.sure, total, total)


def _by_its_number(fields: dict[str, Field]) -> None:
    """The one number that every message of a route repeats is that of its device, where none is known by name."""
    if any(known.meaning == "device" for known in fields.values()):
        return
    numbered = [known for known in fields.values() if not known.meaning and _is_number_of_one(known)]
    if len({next(iter(known.values)) for known in numbered}) == 1:
        for known in numbered:
            total = sum(known.values.values())
            known.say("device", BEHAVIOUR, 0, total, total)


def _by_its_step(messages: list[RouteMessage], fields: dict[str, Field]) -> None:
    """The one step of topics, or of paths behind a word for a device, that has codes which come again: its devices."""
    if any(known.meaning == "device" for known in fields.values()):
        return
    steps = [known for known in fields.values() if known.path.startswith("path[") and _are_codes(known)]
    if steps and messages[0].route.protocol not in TOPICS:
        steps = [known for known in steps if _behind_device(fields.get(_step_before(known.path)))]
    if len(steps) == 1:
        total = sum(steps[0].values.values())
        steps[0].say("device", BEHAVIOUR, 0, total, total)


def _are_codes(one: Field) -> bool:
    """Whether values are codes with digits, each of which comes again."""
    total = sum(one.values.values())
    return total >= max(LEAST, 2 * len(one.values)) and all(
        SHORTEST_SERIAL <= len(value) <= LONGEST_SERIAL
        and sum(map(str.isdecimal, value)) >= LEAST_DIGITS
        and form_of(value) in {"code", "int", "hex"}
        for value in one.values
    )


def _step_before(path: str) -> str:
    return f"path[{int(path[5:-1]) - 1}]"


def _behind_device(one: Field | None) -> bool:
    """Whether a step is a word for a device."""
    words = one.values if one is not None and len(one.values) == 1 else ()
    return any(meaning.name == "device" and sure == BY_NAME for word in words for meaning, sure in named_in(word))


def _is_number_of_one(one: Field) -> bool:
    if len(one.values) != 1 or sum(one.values.values()) < LEAST or one.path.startswith(("path[", "header.")):
        return False
    key = plain(one.key)
    value = next(iter(one.values))
    spelled = one.form in {"code", "int", "uuid", "hex", "word"} and SHORTEST_SERIAL <= len(value) <= LONGEST_SERIAL
    holder = plain(one.path.rpartition(".")[0].rpartition(".")[2]) if key in GENERIC else ""
    named_so = _NUMBERED.search(key) is not None and _NO_DEVICE.search(holder + key) is None
    named_so = named_so or (_NAMELESS.fullmatch(key) is not None and not value.isdecimal())
    return spelled and named_so and sum(map(str.isdecimal, value)) >= LEAST_DIGITS


def _add(one: Field, leaf: Leaf, ns: int) -> None:
    one.key = leaf.key
    if leaf.sha256:
        one.pictures += 1
        return
    one.values[leaf.value] = one.values.get(leaf.value, 0) + 1
    form = form_of(leaf.value)
    one.forms[form] = one.forms.get(form, 0) + 1
    if form == "time" and (at := offset(leaf.value, ns)) is not None:
        one.offsets[at] = one.offsets.get(at, 0) + 1


@lru_cache(maxsize=4096)
def offset(text: str, ns: int) -> int | None:
    """How far a time lies from the packet's clock, in quarters of an hour."""
    moment = when(text, ns) if ns else None
    return round((moment.ns - ns) / QUARTER) if moment else None


@lru_cache(maxsize=8192)
def candidates(path: str, key: str) -> tuple[tuple[Meaning, int], ...]:
    """Meanings that the names of a field allow, the surest first: its key, and with it what holds it."""
    steps = [step for step in re.split(r"[./]", path.replace("[]", "")) if step and step not in {"#text", "$"}]
    raw = key if key != "#text" else steps[-1] if steps else ""
    holder = steps[-2] if len(steps) > 1 and steps[-2] not in {"query", "header"} else ""
    return named_in(raw, holder)


def _by_name(one: Field, beside: set[str]) -> None:
    checked = one.forms.get(_NUMBER, 0)
    values = {value: count for value, count in one.values.items() if not is_unset(value)}  # strangers contradict nobody
    total = sum(values.values())
    numbers = {value: count for value, count in values.items() if value not in NOBODYS}
    if checked and checked >= SHARE * sum(numbers.values()) and _is_somebodys(one, numbers, beside):  # however few
        one.say("id_number", BEHAVIOUR, BY_NAME, checked, total)
        return
    for meaning, sure in candidates(one.path, one.key):
        if meaning.name.startswith("act.") or (meaning.beside and not meaning.beside & beside):
            continue
        if meaning.name.startswith(PICTURES):
            if one.pictures:
                one.say(meaning.name, VOCABULARY, sure, one.pictures, one.pictures)
                return
            continue
        if not total or (one.path.startswith("header.") and sure < BY_END):
            continue
        weights = values
        if meaning.name == "name":  # where strangers are called something, they are so again and again
            weights = dict.fromkeys(values, 1)
        total = sum(weights.values())
        masked = sum(count for value, count in weights.items() if meaning.name in MASKED and is_masked(value))
        support = sum(count for value, count in weights.items() if fits(meaning, value.strip()))
        support += masked if support or masked == total else 0
        if meaning.name == "time":
            support = min(support, sum(one.offsets.values()))
        if meaning.name in {"name", "person_id"} and len(values) == 1 and sum(values.values()) >= LEAST:
            continue  # nobody comes to every event
        if (meaning.name == "place" and not _may_be_place(one)) or (meaning.name == "device" and _counts(one)):
            continue
        nobody = sum(count for value, count in weights.items() if value in NOBODYS) if meaning.shape == "id" else 0
        if support >= SHARE * (total - nobody) > 0:
            one.say(meaning.name, VOCABULARY, sure, support, total - nobody)
            return


def _is_somebodys(one: Field, values: dict[str, int], beside: set[str]) -> bool:
    """Whether numbers with a check digit are of persons: one in eleven order numbers has one, and most no province."""
    if {meaning.name for meaning, _ in candidates(one.path, one.key)} & _NUMBERS or beside & _PERSONS:
        return True
    known = sum(count for value, count in values.items() if known_region(value.strip()))
    return known >= SHARE * sum(values.values())


def _counts(one: Field) -> bool:
    """Whether numbers are those of messages: another one in each, or too short for a serial number."""
    if one.form != "int":  # … and whatever is another one in each is no camera's: it has a number of its own
        return len(values := one.values) >= LEAST and len(values) == sum(values.values()) and not _is_device(one)
    short = max(map(len, one.values)) < SHORTEST_SERIAL and "serial" in plain(one.key)
    return short or (len(one.values) > 2 and len(one.values) * 2 > sum(one.values.values()))


def _is_device(one: Field) -> bool:
    """Whether its name is that of a device's number: with a word for a device, since messages have serials, too."""
    return any(
        meaning.name == "device" and sure >= BY_END and meaning.holds(one.key)
        for meaning, sure in candidates(one.path, one.key)
    )


def _may_be_place(one: Field) -> bool:
    """Names of devices are places where people read them: in characters, or several words."""
    if not re.search("name|mc$|gate|door|zone", plain(one.key)):
        return True
    return all(is_han(value) or re.search(r"[A-Za-z]{3,}[ _-][A-Za-z]{3,}", value) for value in one.values)


def _by_behaviour(one: Field, segments: set[str], beside: set[str]) -> None:
    values, total, key = one.values, sum(one.values.values()), plain(one.key)
    if one.path.startswith(("path[", "header.")):
        return
    if (near := _near(one)) >= SHARE * total and not _is_sending(one.key):
        one.say("time", BEHAVIOUR, BY_END, near, total)
    elif len(values) > 2 and sum(count for value, count in values.items() if is_named_picture(value)) >= SHARE * total:
        one.say("url", BEHAVIOUR, 0, total, total)
    elif len(values) == 1:
        value = next(iter(values))
        if (is_han(value) or _is_spoken(value)) and not value[-1:].isdigit() and _NO_PLACE.search(key) is None:
            one.say("place", BEHAVIOUR, 0, total, total)
        elif value in segments and form_of(value) in {"code", "int", "uuid", "hex"} and len(value) >= 4:
            one.say("device", BEHAVIOUR, 0, total, total)
    elif values.keys() <= _SEXES or values.keys() == {"M", "F"}:
        one.say("gender", BEHAVIOUR, BY_END, total, total)
    elif {way_of(value) for value in values} == {IN, OUT}:
        one.say("direction", BEHAVIOUR, BY_END, total, total)
    elif beside & _DECIDED and len(values) <= MOST_VERDICTS and all(map(is_verdict, values)):
        one.say("result", BEHAVIOUR, BY_END, total, total)
    elif _NO_NAME.search(key) is None and (support := _names(values)) >= SHARE * total:
        one.say("name", BEHAVIOUR, BY_END, support, total)
    elif _NO_SCORE.search(key) is None and one.form == "decimal" and len(values) > 3:
        said = [number(value) for value in values if not is_unset(value)]
        if all(map(_is_share, said)) or all(map(_is_percentage, said)):
            one.say("score", BEHAVIOUR, 0, total, total)


def _is_sending(key: str) -> bool:
    """Whether a time is called that of something else: sending, storing, birth."""
    (time,) = (one for one in meanings() if one.name == "time")
    return time.is_never(folded(key), tuple(map(folded, words_of(key))))


def _is_share(value: float | None) -> bool:
    return value is not None and 0 <= value <= 1


def _is_percentage(value: float | None) -> bool:
    """Whether it may be how much a face is like another, in percent: what is less is told of nobody."""
    return value is not None and LEAST_LIKE <= value <= 100


def _is_spoken(value: str) -> bool:
    """Whether a constant is words that people read: several, or in letters beyond ASCII."""
    return (
        is_words(value)
        and (not value.isascii() or len(re.findall(r"(?:^|\s)[A-Za-z]{3,}", value)) > 1)
        and value.count(".") < 2
        and not _FILE.search(value)
    )


def _names(values: dict[str, int]) -> int:
    return sum(count for value, count in values.items() if has_family_name(value.strip()))


def named_after_devices(fields: dict[str, Field]) -> None:
    """A constant text beside the id of a device, and called as that is, names it: gateId, gateName."""
    devices = {
        (one.path.rpartition(".")[0], found[1])
        for one in fields.values()
        if one.meaning == "device" and (found := _OF_DEVICE.fullmatch(plain(one.key)))
    }
    for one in fields.values():
        found = _NAME_OF.fullmatch(plain(one.key)) if not one.meaning and len(one.values) == 1 else None
        if found and (one.path.rpartition(".")[0], found[1]) in devices and is_han(next(iter(one.values))):
            one.say("place", VOCABULARY, BY_STEM, sum(one.values.values()), sum(one.values.values()))


def _near(one: Field) -> int:
    """Values near the packets' clock, or at one distance from it that a zone or a wrong clock makes."""
    if not one.offsets or max(map(abs, one.offsets)) * QUARTER > 4 * FARTHEST or len(one.values) < 2:
        return 0
    most = max(one.offsets, key=lambda at: (one.offsets[at], -abs(at)))
    if abs(most) * QUARTER > FARTHEST:
        return 0
    return sum(count for at, count in one.offsets.items() if abs(at - most) <= 1)

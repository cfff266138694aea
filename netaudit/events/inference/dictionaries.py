"""Keys that another message of the same addresses explains: what its values call them is what they are called.

Terminals say once what their tags or columns mean, or at their birth what the aliases of their metrics are (Sparkplug),
and write numbers from then on. What a birth says of device and place holds for what follows.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.signatures.field_words import named, names_field
from netaudit.events.inference.messages import leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.events.inference.messages import RouteMessage
    from netaudit.events.inference.outlines import Leaf

LEAST, SHARE = 3, 0.6  # keys that a message explains, and their part of its leaves
LEAST_KINDS, LONGEST_CODE = 2, 3  # kinds of values that elements with codes have; digits of these
_IS_NULL = "7"  # of a metric of Sparkplug B: it has no value
_LASTING = frozenset({"device", "place"})
Elements = dict[str, list["Leaf"]]  # leaves of elements of lists, by the elements' paths


class Called(NamedTuple):
    """What something is called, and what it was when that was said."""

    name: str
    value: str


class Dictionary:
    """What messages of two addresses explain."""

    def __init__(self) -> None:
        self.keys: dict[str, set[str]] = defaultdict(set)
        self.aliases: dict[tuple[str, str, str], set[Called]] = defaultdict(set)  # (list, key, alias)


def explained(messages: list[RouteMessage]) -> None:
    """Call keys and aliases of messages as a dictionary of their addresses does, where it calls each in one way."""
    told: dict[tuple[str, str], Dictionary] = defaultdict(Dictionary)
    others = []
    for one in messages:
        keys, aliases = _keys(one), _aliases(one)
        for key, name in keys:
            told[one.route[:2]].keys[key].add(name)
        for at, called in aliases:
            told[one.route[:2]].aliases[at].add(called)
        if not keys and not aliases:
            others.append(one)
    for one in others if told else ():
        if (known := told.get(one.route[:2])) is not None:
            _explain(one, known)
    for one in messages:
        if one.outline.numbered:
            one.say(_by_codes(one))


def _by_codes(one: RouteMessage) -> list[Leaf]:
    """Leaves, of elements that each say by a number which value they are those under it: as fields of their own."""
    lists: dict[str, Elements] = defaultdict(dict)
    for path, some in _elements(one).items():
        lists[path.rpartition("[")[0]][path] = some
    moved: dict[int, Leaf] = {}
    for at, elements in lists.items():
        kinds = {tuple(each.key for each in some) for some in elements.values()}
        if len(elements) < LEAST or len(kinds) < LEAST_KINDS:  # all alike: records
            continue
        for key in sorted(set.intersection(*({each.key for each in some} for some in elements.values()))):
            codes = [next(each.value for each in some if each.key == key) for some in elements.values()]
            if len(set(codes)) == len(codes) and all(code.isdecimal() and len(code) <= LONGEST_CODE for code in codes):
                for code, some in zip(codes, elements.values(), strict=True):
                    moved |= {
                        id(each): leaf(f"{at}.{code}.{each.key}", each.key, each.value, each.sha256) for each in some
                    }
                break
    return [moved.get(id(each), each) for each in one.leaves]


def _explain(one: RouteMessage, told: Dictionary) -> None:
    keys = {key: next(iter(names)) for key, names in told.keys.items() if len(names) == 1}
    if keys:
        one.say([_called(each, keys) for each in one.leaves])
    aliases = {at: next(iter(some)) for at, some in told.aliases.items() if len({each.name for each in some}) == 1}
    if aliases and (lifted := list(_lifted(one, aliases))):
        gone = {id(each) for each, _ in lifted}
        said = {new.key for _, new in lifted if new}
        lasting = {called.name: called.value for called in aliases.values() if called.value and _lasts(called.name)}
        left = [each for each in one.leaves if id(each) not in gone] + [new for _, new in lifted if new]
        one.say(left + [leaf(name, name, value) for name, value in lasting.items() if name not in said])


def _keys(one: RouteMessage) -> list[tuple[str, str]]:
    """Keys with what they are called, where a message is a dictionary of them."""
    places = one.outline.keyed
    if len(places) < LEAST:
        return []
    own = [(one.leaves[at].key, one.leaves[at].value.strip()) for at in places]
    names = [(key, name) for key, name in own if names_field(name)]
    distinct = len({key for key, _ in names}) == len(names) >= max(LEAST, SHARE * len(own))
    return names if distinct else []


def _aliases(one: RouteMessage) -> list[tuple[tuple[str, str, str], Called]]:
    """Aliases with what they are called, where elements of a list have a name, an alias and a value each."""
    if not one.outline.elements:
        return []
    lists: dict[str, list[list[Leaf]]] = defaultdict(list)
    for path, some in _elements(one).items():
        lists[path.rpartition("[")[0]].append(some)
    for at, elements in lists.items():
        named_ = [(some, names[0]) for some in elements if len(names := [e for e in some if _names(e.value)]) == 1]
        if len(named_) < max(LEAST, SHARE * len(elements)):
            continue
        for key in sorted({each.key for some, _ in named_ for each in some}):
            aliases = [next((e.value for e in some if e.key == key), "") for some, _ in named_]
            if all(map(str.isdecimal, aliases)) and len(set(aliases)) == len(aliases):
                keys = _keys_of([name.value for _, name in named_])
                values = (some[-1].value if some[-1] is not name else "" for some, name in named_)
                return [
                    ((at, key, alias), Called(*called)) for alias, *called in zip(aliases, keys, values, strict=True)
                ]
    return []


def _lifted(one: RouteMessage, aliases: dict[tuple[str, str, str], Called]) -> Iterator[tuple[Leaf, Leaf | None]]:
    """Leaves of elements that have an alias; their values with what they are called, the others gone."""
    elements = _elements(one)
    common = (
        set.intersection(*({each.key for each in some} for some in elements.values())) if len(elements) > 1 else set()
    )
    for path, some in elements.items():
        at = path.rpartition("[")[0]
        called = next((found for each in some if (found := aliases.get((at, each.key, each.value)))), None)
        if called is None:
            continue
        own = [each for each in some if each.sha256 or each.key not in {*common, _IS_NULL}]
        value = next((each for each in own if each.sha256), own[-1] if own else None)
        for each in some:
            new = leaf(called.name, called.name, each.value, each.sha256) if each is value else None
            yield each, new


def _elements(one: RouteMessage) -> Elements:
    return {place: [one.leaves[at] for at in some] for place, some in one.outline.elements.items()}


def _names(text: str) -> bool:
    """Whether a text, or its last step, names a field: Visitor/Name."""
    return names_field(_key(text)) or names_field(text.rpartition("/")[2])


def _keys_of(names: list[str]) -> list[str]:
    """Keys for names with steps: the last step where it names a field, and no other name ends so."""
    lasts = [name.rpartition("/")[2] for name in names]
    return [
        last if names_field(last) and lasts.count(last) == 1 else _key(name)
        for name, last in zip(names, lasts, strict=True)
    ]


def _key(text: str) -> str:
    return text.strip().replace("/", "_")


def _lasts(name: str) -> bool:
    return bool(named(name)) and named(name)[0][0].name in _LASTING


def _called(each: Leaf, known: dict[str, str]) -> Leaf:
    name = known.get(each.key)
    if name is None or each.head:
        return each
    holder, point, last = each.path.rpartition(".")
    return leaf(f"{holder}{point}{last.replace(each.key, name)}", name, each.value, each.sha256)

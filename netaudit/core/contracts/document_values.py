"""Values whose keys stood beside them, or elsewhere: mappings and lists that know where unwrapping finds their values.

Readers of documents walk by `children`, which spells places as unwrapping does, so that images and long texts are found
at the fields that they are in, whatever the fields are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TEXT = "#text"  # the key of what a mapping is itself, beside its attributes or kind
_LONGEST_KEY = 100  # characters of a key in a place

Found = tuple[str, object, str]  # key, value, and where the value stands below what holds it


class Repeated(list[object]):
    """Elements of one name beside each other in XML, fields in a form: their places are name, name[2] and so on."""


class Keyed(dict[str, object]):
    """A mapping whose keys were values, or names that others explain; `at` is where each value stands below it."""

    __slots__ = ("at",)

    def __init__(self, found: Iterable[Found]) -> None:
        super().__init__()
        self.at: dict[str, str] = {}
        for key, value, at in found:
            self[key], self.at[key] = value, at


class Placed(list[object]):
    """A list whose elements stand elsewhere than at their numbers; `at` says where, below it."""

    __slots__ = ("at",)

    def __init__(self, found: Iterable[tuple[object, str]]) -> None:
        super().__init__()
        self.at: list[str] = []
        for value, at in found:
            self.append(value)
            self.at.append(at)


def items(node: dict[str, object], written: str) -> Iterator[Found]:
    """Keys and values of a mapping, and where these stand below it."""
    if isinstance(node, Keyed):
        return ((key, value, node.at[key]) for key, value in node.items())
    if written == "json":  # whose keys are texts; as `step_of`, which most of all fields would call
        return (
            (key, value, f".{key}" if len(key) < _LONGEST_KEY and key != TEXT else step_of(key, written))
            for key, value in node.items()
        )
    return ((key, value, step_of(str(key), written)) for key, value in node.items())


def elements(node: list[object], written: str) -> Iterator[tuple[object, str]]:
    """Elements of a list, and where they stand below it."""
    if isinstance(node, Placed):
        return zip(node, node.at, strict=True)
    named = isinstance(node, Repeated) or written == "protobuf"
    return ((value, number_of(at, named=named)) for at, value in enumerate(node))


def children(
    node: dict[str, object] | list[object], place: str, written: str
) -> Iterator[tuple[str | None, object, str]]:
    """(key, value, place) of what a mapping or list at a place holds; elements have no key."""
    if isinstance(node, dict):
        return ((str(key), value, joined(place, at)) for key, value, at in items(node, written))
    return ((None, value, joined(place, at)) for value, at in elements(node, written))


def step_of(key: str, written: str) -> str:
    """Where the value of a key stands below its mapping, in a notation."""
    if key == TEXT:
        return ""
    if written == "form":
        return key
    if written == "xml":
        return f"/{key}"
    if written == "protobuf":
        return f".{key}"
    return f".{key if len(key) < _LONGEST_KEY else key[: _LONGEST_KEY - 1] + '…'}"


def number_of(at: int, *, named: bool) -> str:
    """Where an element stands; of those that have a name each the first has no number."""
    return f"[{at}]" if not named else f"[{at + 1}]" if at else ""


def joined(place: str, at: str) -> str:
    """The place of what stands there, below a place."""
    return place + at if place else at.removeprefix(".")


class Pairs(Keyed):
    """What pairs of a name and a value say together."""

    __slots__ = ()


def records(found: list[Found]) -> Pairs | Placed:
    """Pairs as one record, or as several where the first name comes again; of others that do the values are a list."""
    starts = [at for at, one in enumerate(found) if one[0] == found[0][0]]
    if len(starts) == 1:
        return record(found)
    return Placed([(record(found[a:b]), "") for a, b in zip(starts, [*starts[1:], len(found)], strict=True)])


def record(found: list[Found]) -> Pairs:
    """Pairs as one record."""
    said: dict[str, list[tuple[object, str]]] = {}
    for key, value, at in found:
        said.setdefault(key, []).append((value, at))
    return Pairs((key, *many[0]) if len(many) == 1 else (key, Placed(many), "") for key, many in said.items())


def label_of(text: str) -> str:
    """A name without what forms put about it: `*姓名：`, `/name`."""
    return text.strip().strip("*/:： ") or text

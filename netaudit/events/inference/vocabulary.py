"""What a field of an unknown dialect means, by its name and its value; whether the examples of the words hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.core.signatures import field_words
from netaudit.core.signatures.field_words import Meaning, meanings, named
from netaudit.events.inference.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KEYS = {"meaning", "zh", "names", "compose", "ends", "stems", "groups", "never", "shape", "beside", "examples"}
PICTURES = "picture."


def fits(one: Meaning, value: str) -> bool:
    """Whether a value may be of a meaning."""
    return SHAPES[one.shape](value)


def meaning_of(key: str, value: str, beside: Iterable[str] = ()) -> str:
    """What a field of this name with this value means, what stands beside it known; the empty string for nothing."""
    around = set(beside)
    for one, _ in named(key):
        if fits(one, value) and (not one.beside or one.beside & around):
            return one.name
    return ""


def problems() -> list[str]:
    """What is wrong with the file: unknown words, shapes, examples that do not hold."""
    out: list[str] = []
    for raw in field_words.written():
        name = raw.get("meaning", "?")
        if wrong := raw.keys() - _KEYS or {"meaning", "zh", "names", "shape", "examples"} - raw.keys():
            out.append(f"{name}: {sorted(wrong)}")
        elif raw["shape"] not in SHAPES:
            out.append(f"{name}: no shape {raw['shape']}")
        elif False in (found := [*_texts([raw.get(key) for key in _KEYS - {"examples"}])]) or True in found:
            out.append(f"{name}: `no`, `on` and `yes` are words only between quotes")
    spoken = field_words.languages()
    meant = {raw.get("meaning") for raw in field_words.written()} | {"never"}
    out += [f"{language}: {name} is no meaning" for language, one in spoken.items() for name in one.keys() - meant]
    out += [
        f"{language}: words between quotes"
        for language, one in spoken.items()
        if False in [*_texts(list(one.values()))]
    ]
    if out:
        return out
    out += [f"{raw['meaning']}: {problem}" for raw in field_words.written() for problem in _examples(raw)]
    known: dict[tuple[str, str], str] = {}
    for one in meanings():
        for word in sorted(one.names):
            if (other := known.setdefault((word, one.shape), one.name)) != one.name:
                out.append(f"{one.name}: {word} is {other} already, for values of the same shape")
    return out


def _texts(values: Any) -> Iterator[Any]:
    """All words of nested lists."""
    if isinstance(values, list):
        for one in values:
            yield from _texts(one)
    else:
        yield values


def _examples(raw: dict[str, Any]) -> list[str]:
    examples = raw["examples"]
    if not examples.get("match") or not examples.get("no_match"):
        return ["needs examples of both kinds"]
    right = [one for one in examples["match"] if meaning_of(str(one[0]), str(one[1]), *one[2:3]) != raw["meaning"]]
    wrong = [one for one in examples["no_match"] if meaning_of(str(one[0]), str(one[1]), *one[2:3]) == raw["meaning"]]
    return [f"{one} is not found" for one in right] + [f"{one} is found" for one in wrong]

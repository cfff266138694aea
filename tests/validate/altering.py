"""Calls that differ from one that was heard in one value (for `choosing.py`)."""

from __future__ import annotations

import random
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from netaudit.validate.calls import read, written

NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    20,
    31,
    32,
    63,
    64,
    100,
    127,
    128,
    199,
    200,
    255,
    256,
    400,
    1000,
    1 << 16,
    1 << 31,
)
ITEMS = {"list": 1, "tuple": 1, "set": 1, "frozenset": 1, "deque": 1, "named": 2, "told": 1}  # where they lie, by kind
PAIRS = {"dict": 1, "Counter": 1, "OrderedDict": 1, "defaultdict": 1, "object": 2}
LEAVES = ("ndarray", "generic", "enum")
MOST_PLACES = 300
BY_PAIRS, TRIES = 0.6, 12  # share of calls that are altered by what was compared, and how often it is tried
FAR = 1 << 20  # of numbers that are altered by how far they are from another
LONGEST = 70_000  # bytes of a value that is made longer

Place = tuple[Any, ...]
Pair = tuple[Any, Any]


class Words:
    """What a function decides by: numbers, and texts and bytes, of its own code and of what it names."""

    def __init__(self, function: types.FunctionType) -> None:
        self.numbers: dict[int, None] = {}
        self.texts: dict[str, None] = {}
        self.bytes: dict[bytes, None] = {}
        self._of_code(function.__code__, function.__globals__, 1)

    def _of_code(self, code: types.CodeType, named: dict[str, Any], deep: int) -> None:
        for one in code.co_consts:
            if isinstance(one, types.CodeType):
                self._of_code(one, named, deep)
            else:
                self._take(one)
        for one in map(named.get, code.co_names):
            one = getattr(one, "__wrapped__", one)
            if isinstance(one, types.FunctionType) and deep and str(one.__module__).startswith("netaudit"):
                self._of_code(one.__code__, one.__globals__, deep - 1)
            else:
                self._take(one)

    def _take(self, value: Any) -> None:
        if isinstance(value, bool):
            return
        if isinstance(value, int | np.integer):
            self.numbers |= dict.fromkeys((int(value), int(value) - 1, int(value) + 1))
        elif isinstance(value, str) and len(value) < 60:
            self.texts[value] = None
        elif isinstance(value, bytes) and len(value) < 60:
            self.bytes[value] = None
        elif isinstance(value, tuple | frozenset | set | list) and len(value) < 40:
            for one in value:
                self._take(one)


class Altering:
    """Makes calls of others, one value of them another, as this function may decide by it."""

    def __init__(self, function: types.FunctionType, seed: str) -> None:
        words = Words(function)
        self.random = random.Random(seed)
        self.numbers, self.texts, self.bytes = (sorted(own) for own in (words.numbers, words.texts, words.bytes))

    def one(self, call: tuple[list[Any], dict[str, Any]], pairs: list[Pair]) -> tuple[list[Any], dict[str, Any]]:
        """Another call, of a call as `written` has it: most often so that two values that it compares are the same."""
        whole: Any = list(call)
        places = list(_places(whole, ()))[:MOST_PLACES]
        if not places:
            return call
        if pairs and self.random.random() < BY_PAIRS:
            for _ in range(TRIES):
                place, value = self.random.choice(places)
                try:
                    other = self._as_compared(value, *self.random.choice(pairs))
                except (IndexError, KeyError, ValueError, OverflowError, TypeError):
                    continue
                if other is not None and other != value:
                    whole = _with(whole, place, other)
                    if self.random.random() < 0.7:
                        return whole[0], whole[1]
                    break
        own = [number for _, one in places for number in _numbers(one)]
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            place, value = self.random.choice(places)
            try:
                whole = _with(whole, place, self._other(value, own))
            except (IndexError, KeyError, ValueError, OverflowError, TypeError):
                continue  # of what another of these changes took away, or cannot be so
        return whole[0], whole[1]

    def _as_compared(self, value: Any, left: Any, right: Any) -> Any:
        """A value in which what was compared is what it was compared to, or next to it; None where it has none of it."""
        if self.random.random() < 0.3:
            left, right = right, left
        if not isinstance(left, int):
            return self._as_said(value, left, right)
        apart = right - left + self.random.choice((0, 0, 0, 1, -1))
        if type(value) is int:
            return value + apart * self.random.choice((1, 1, -1)) if abs(apart) < FAR or value == left else None
        kind = value[0] if isinstance(value, tuple) else ""
        if kind in ("ndarray", "generic") and (table := np.array(read(value), ndmin=1)).dtype != np.uint8:
            if not self._put(table.reshape(-1), left, left + apart):
                return None
            return written(table if kind == "ndarray" else table[0])
        data = read(value).tobytes() if kind == "ndarray" else value
        if not isinstance(data, bytes | str):
            return None
        if isinstance(data, str) or self.random.random() < 0.4:
            data = self._long(data, len(data) + apart) if abs(apart) < LONGEST else data
        else:
            data = self._in_octets(data, left, left + apart)
        return written(np.frombuffer(data, np.uint8).copy()) if kind == "ndarray" and data is not None else data

    def _as_said(self, value: Any, left: Any, right: Any) -> Any:
        if type(value) is not type(left):
            return None
        if left and left in value and self.random.random() < 0.8:
            return value.replace(left, right, 1)
        at = self._at(len(value))
        return (
            right
            if self.random.random() < 0.3
            else value[:at] + right + value[at + self.random.choice((0, len(right))) :]
        )

    def _in_octets(self, data: bytes, number: int, other: int) -> bytes | None:
        order: Any = self.random.choice(("big", "big", "little"))
        for size in self.random.sample((1, 2, 3, 4, 8), 5):
            if number >> 8 * size or other >> 8 * size or number < 0 or other < 0:
                continue
            those, found, at = number.to_bytes(size, order), [], -1
            while (at := data.find(those, at + 1)) >= 0 and len(found) < 40:
                found.append(at)
            if found:
                at = self.random.choice(found)
                return data[:at] + other.to_bytes(size, order) + data[at + size :]
        return None

    def _put(self, rows: Any, number: int, other: int) -> bool:
        """Put a number where another is, in one of the first rows."""
        found: list[tuple[Any, int]] = []
        for name in rows.dtype.names or [...]:
            field = rows[name]
            if field.ndim == 1 and field.dtype.kind in "ui":
                found += [(field, int(at)) for at in np.flatnonzero(field[:12] == number)]
        if found:
            field, at = self.random.choice(found)
            field[at] = self._within(field.dtype, other)
        return bool(found)

    def _number(self, own: list[int], value: int = 0) -> int:
        pick = self.random.random()
        if pick < 0.4 and self.numbers:
            return self.random.choice(self.numbers)
        if pick < 0.65 and own:
            return self.random.choice(own) + self.random.choice((-1, 0, 1))
        if pick < 0.85:
            return value + self.random.choice((-2, -1, 1, 2, value, -2 * value))
        return self.random.choice(NUMBERS)

    def _other(self, value: Any, own: list[int]) -> Any:
        if value is None or isinstance(value, bool):
            return self.random.choice((True, False, None, 0, 1))
        if isinstance(value, int):
            return self._number(own, value) if self.random.random() < 0.97 else None
        if isinstance(value, float):
            return float(self._number(own, int(value))) if self.random.random() < 0.5 else value + 0.5
        if isinstance(value, str):
            return self._text(value, own)
        if isinstance(value, bytes):
            return self._octets(value, own)
        if isinstance(value, list):
            return self._items(value)
        return getattr(self, f"_{value[0]}")(value, own)

    def _enum(self, value: Any, _: list[int]) -> Any:
        return (*value[:2], self.random.choice([one.name for one in type(read(value))]))

    def _generic(self, value: Any, own: list[int]) -> Any:
        now = read(value)
        if now.dtype.names:
            table = np.array([now])
            self._row(table, own)
            return written(table[0])
        return written(now.dtype.type(self._within(now.dtype, self._number(own, int(now)))))

    def _ndarray(self, value: Any, own: list[int]) -> Any:
        table = read(value)
        if table.dtype == np.uint8 and table.ndim == 1 and self.random.random() < 0.9:
            return written(np.frombuffer(self._octets(table.tobytes(), own), np.uint8).copy())
        if table.size:
            self._row(table.reshape(-1), own)
        return written(table)

    def _row(self, rows: Any, own: list[int]) -> None:
        """Alter a number in one of the first rows, in place."""
        at = self.random.randrange(min(len(rows), 12))
        if rows.dtype.names is None:
            rows[at] = self._within(rows.dtype, self._number(own, int(rows[at])))
            return
        name = self.random.choice(rows.dtype.names)
        field = rows[name]
        if field.ndim > 1:
            field, at = field[at].reshape(-1), self.random.randrange(field[at].size)
        field[at] = self._within(field.dtype, self._number(own, int(field[at])))

    @staticmethod
    def _within(dtype: Any, number: int) -> int:
        if dtype.kind not in "ui":
            return number
        size = 8 * dtype.itemsize
        number &= (1 << size) - 1
        return number - (1 << size) if dtype.kind == "i" and number >> size - 1 else number

    def _items(self, value: list[Any]) -> list[Any]:
        if not value:
            return value
        at = self.random.randrange(len(value))
        return self.random.choice(
            (value[:at], value[at:], value[:at] + value[at + 1 :], value[:at] + value[at : at + 1] * 2 + value[at + 1 :],
             value[::-1])
        )  # fmt: skip

    def _size(self, size: int, own: list[int]) -> int:
        if self.random.random() < 0.6:
            return min(max(0, self._number(own, size)), LONGEST)
        return self.random.randrange(size + 1)

    def _cut(self, value: Any, own: list[int]) -> Any:
        """Cut, or filled up, to a length."""
        return self._long(value, self._size(len(value), own))

    @staticmethod
    def _long(value: Any, size: int) -> Any:
        filling = value or ("a" if isinstance(value, str) else b"a")
        return (
            value[:size]
            if size <= len(value) or size > 4 * LONGEST
            else (value + filling * (size // len(filling) + 1))[:size]
        )

    def _octets(self, value: bytes, own: list[int]) -> bytes:
        at = self._at(len(value))
        what = self.random.randrange(9)
        if what == 0:
            return bytes(self._cut(value, own))
        if what == 1:
            return value[:at] + value[at + 1 :]
        if what == 2:
            return value[:at] + value[at : at + self.random.choice((1, 2, 4))] + value[at:]
        if what == 3 and self.bytes:
            put = self.random.choice(self.bytes)
            return value[:at] + put + value[at + self.random.choice((0, len(put))) :]
        if what == 4:
            return value[self._size(len(value), own) :]
        if what == 5:
            size, order = self.random.choice((2, 2, 3, 4, 8)), self.random.choice(("big", "little"))
            number = self._number(own, len(value)) & (1 << 8 * size) - 1
            return value[:at] + number.to_bytes(size, order) + value[at + size :]
        if what == 6 and value:
            byte = value[at] ^ 1 << self.random.randrange(8)
        elif what == 7 and value:
            byte = value[at] + self.random.choice((1, -1)) & 255
        else:
            byte = self._number(own, at) & 255
        return value[:at] + bytes([byte]) + value[at + 1 :]

    def _text(self, value: str, own: list[int]) -> str:
        at = self._at(len(value))
        what = self.random.randrange(7)
        if what == 0:
            return str(self._cut(value, own))
        if what == 1:
            return value[:at] + value[at + 1 :]
        if what == 2:
            return value[:at] + value[at : at + 1] + value[at:]
        if what == 3 and self.texts:
            put = self.random.choice(self.texts)
            return value[:at] + put + value[at + self.random.choice((0, len(put))) :]
        if what == 4 and self.texts:
            return self.random.choice(self.texts)
        if what == 5:
            return value[:at] + str(self._number(own)) + value[at + 1 :]
        letter = self.random.choice(("0", " ", "\x00", "字", '"', value[at : at + 1].swapcase(), "\n", "-", "."))
        return value[:at] + letter + value[at + 1 :]

    def _at(self, size: int) -> int:
        """A place, more often of the first ones."""
        if not size:
            return 0
        return self.random.randrange(min(size, 24)) if self.random.random() < 0.6 else self.random.randrange(size)


def _numbers(value: Any) -> list[int]:
    """The number that a value is, or its length."""
    if type(value) is int:
        return [value]
    if isinstance(value, str | bytes):
        return [len(value)]
    return [value[2][0]] if isinstance(value, tuple) and value[0] == "ndarray" and value[2] else []


def _places(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    """What may be another, and where, of a call whose values are written."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _places(one, (*place, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _places(one, (*place, at))
    elif not isinstance(value, tuple) or (kind := value[0]) in LEAVES:
        yield place, value
    elif kind in ITEMS:
        at = ITEMS[kind]
        if kind not in ("named", "told") and value[at]:
            yield (*place, at), value[at]
        for number, one in enumerate(value[at]):
            yield from _places(one, (*place, at, number))
    elif kind in PAIRS:
        at = PAIRS[kind]
        if kind != "object" and value[at]:
            yield (*place, at), value[at]
        for number, (_, one) in enumerate(value[at]):
            yield from _places(one, (*place, at, number, 1))
    elif kind in ("bytearray", "memoryview", "file", "path"):
        yield (*place, 1), value[1]
    elif kind == "method":
        yield from _places(value[1], (*place, 1))


def _with(value: Any, place: Place, other: Any) -> Any:
    if not place:
        return other
    at, *rest = place
    if isinstance(value, dict):
        return {**value, at: _with(value[at], tuple(rest), other)}
    made = list(value)
    made[at] = _with(made[at], tuple(rest), other)
    return type(value)(made)

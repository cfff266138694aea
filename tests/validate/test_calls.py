"""Calls that were written down are made again as they were, and a function that answers otherwise is told."""

from __future__ import annotations

import functools
import io
import pickle
import re
from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from netaudit.messages.message import Message
from netaudit.packets import kernels_common
from netaudit.unwrapping import packed
from netaudit.unwrapping.part import Part
from netaudit.validate import calls
from netaudit.validate.calls import Call, UnwrittenError, answered, of_calls, plain, read, written
from netaudit.validate.constants import uncompiled

ROWS = np.zeros(2, np.dtype([("a", "<u2"), ("b", "<u8"), ("c", "<u1", (3,))], align=True))
ROWS["b"] = 7, 1 << 40

VALUES = [
    None, True, 3, 2.5, "字", b"\0\xff", [1, [2]], (1, ("x",)), {"a": {1: 2}}, {3, 1}, frozenset({"b"}),
    deque([1, 2], maxlen=4), bytearray(b"ab"), Counter("aab"), OrderedDict(a=1), defaultdict(list, a=[1]),
    np.arange(3, dtype=np.uint16), np.uint8(4), re.compile(rb"x+", re.IGNORECASE), Part(b"abc", name="x"), packed._float,
    np.zeros((2, 3), np.uint32), np.array([0, 5, 0, 0], np.uint8),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_is_written_is_read_as_it_was(value) -> None:
    back = read(plain(pickle.dumps(written(value), 5)))
    assert type(back) is type(value)
    assert repr(back) == repr(value)
    assert repr(written(back)) == repr(written(value))


def test_rows_keep_their_layout_and_nothing_of_what_is_between_their_fields() -> None:
    dirty = np.frombuffer(bytearray(b"\xff" * ROWS.nbytes), ROWS.dtype).copy()
    for name in ROWS.dtype.names or ():
        dirty[name] = ROWS[name]
    back = read(written(ROWS))
    assert back.dtype == ROWS.dtype
    assert (back == ROWS).all()
    assert written(dirty) == written(ROWS)
    assert read(written(ROWS[1]))["b"] == 1 << 40


@pytest.mark.parametrize(
    "value", [object(), open, iter(()), re.match("a", "a"), ValueError("x"), [object()], (one for one in "a")]
)
def test_what_cannot_be_made_again_is_refused(value) -> None:
    with pytest.raises(UnwrittenError):
        written(value)


def test_what_is_met_again_is_the_same_one() -> None:
    part = Part(b"abc")
    part.as_utf8 = part
    back = read(plain(pickle.dumps(written([part, {"again": part}]))))
    assert back[0].as_utf8 is back[0]
    assert back[1]["again"] is back[0]


def test_what_cannot_be_written_leaves_no_number_behind() -> None:
    lost, kept = Part(b"abc"), Part(b"def")
    lost.__setattr__("as_utf8", [Part(b"inner"), object()])
    back = read(written([lost, kept, kept]))
    assert back[0].as_utf8 is None
    assert back[1] is back[2]
    assert back[1].data == b"def"


def test_a_method_keeps_its_object_and_a_file_its_place() -> None:
    said: list[int] = []
    add, of = read(written([said.append, said]))
    add(3)
    assert (add.__self__, of) == ([3], [])
    file = io.BytesIO(b"abcdef")
    file.seek(2)
    assert read(written(file)).read() == b"cdef"
    assert read(written(Path("a/b"))) == Path("a/b")
    assert read(written(functools.partial(said.append, 4))).args == (4,)


def test_what_stands_for_a_function_keeps_what_it_is_told() -> None:
    told = read(written(lambda one: one))
    assert told(5, b="x") is None
    assert written(told) == ("told", [("tuple", [("tuple", [5]), ("dict", [("b", "x")])])])


def test_columns_are_written_by_their_values() -> None:
    column = pa.array(["a", None])
    assert read(written(column)) == column
    assert written(column) != written(pa.array(["b", None]))


def test_a_file_on_disk_is_written_whole_and_not_moved(tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"abcdef")
    with (tmp_path / "a").open("rb") as file:
        file.read(3)
        assert read(written(file)).read() == b"def"
        assert file.tell() == 3


def test_kernels_are_asked_as_python_and_nothing_is_compiled() -> None:
    kernel = kernels_common.u16
    called = set(kernel.kinds)
    with uncompiled():
        assert kernels_common.u16 is kernel.py_func
        call = Call("u16", [written(np.array([1, 2], np.uint8)), 0], {})
        assert answered("netaudit.packets.kernels_common", call).startswith(f"('tuple', [{written(np.int64(258))}")
    assert kernels_common.u16 is kernel
    assert kernel.kinds == called


def test_what_is_too_large_is_refused() -> None:
    assert written([b"a" * 50], room=[60])
    with pytest.raises(UnwrittenError):
        written([b"a" * 50], room=[40])


def test_a_file_of_calls_holds_plain_values_only() -> None:
    with pytest.raises(pickle.UnpicklingError):
        plain(pickle.dumps(Message))


def test_an_answer_an_error_and_what_became_of_an_argument_are_told() -> None:
    say = "netaudit.unwrapping.packed"
    assert answered(say, Call("_varint_value", [b"\x81\x01"], {})).startswith("('tuple', [129, ")
    assert "raised" in answered(say, Call("_varint_value", [None], {}))
    assert answered(say, Call("gone", [], {})) == "no call: AttributeError"
    part = written(Part(b"abc"))
    assert answered("netaudit.unwrapping.part", Call("Part.gone", [part], {})) == "no call: AttributeError"


def test_a_function_with_a_fault_is_told_by_its_name(monkeypatch) -> None:
    own = {"netaudit.unwrapping.packed": [Call("_varint_value", [b"\x81\x01"], {}), Call("_float", [b"\0\0\0\0"], {})]}
    before = of_calls(own)
    monkeypatch.setattr(packed, "_varint_value", lambda raw: 128)
    after = of_calls(own)
    assert [name for name in before if before[name] != after[name]] == [
        "calls/netaudit.unwrapping.packed._varint_value"
    ]


def test_what_is_called_is_there_and_answers_the_same_twice() -> None:
    """Functions that were renamed or went leave calls behind: when these are many, calls have to be written down anew."""
    every = calls.calls()
    with uncompiled():
        gone = Counter(
            module for module, those in every.items() for one in those if answered(module, one).startswith("no call")
        )
    assert not gone, f"python -m tests.validate.calling --moved; gone: {gone}"
    assert sum(map(len, every.values())) > 7500
    some = dict(list(every.items())[::20])
    assert of_calls(some) == of_calls(some)

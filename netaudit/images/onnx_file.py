"""Files of ONNX: what of their encoding (protocol buffers) is needed to read and write a network.

For a file that was checked: nothing here is meant for bytes of strangers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

# Numbers of fields (onnx.proto3): ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto,
# ValueInfoProto, TypeProto, TypeProto.Tensor, TensorShapeProto and its Dimension: of known size, or of one with a name
GRAPH = 7
NODE, INITIALISER, INPUT, OUTPUT, VALUE_INFO = 1, 5, 11, 12, 13
TAKES, GIVES, OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_NAME, _INT, _INTS, _ATTRIBUTE_TYPE, _IS_INT, _IS_INTS = 1, 3, 8, 20, 2, 7
_DIMS, _DATA_TYPE, TENSOR_NAME, _RAW, _FLOAT = 1, 2, 8, 9, 1
_NAME, _TYPE, _TENSOR, _ELEMENT, _SHAPE = 1, 2, 1, 1, 2
_DIMENSION, _SIZE, _SIZE_NAME = 1, 1, 2


def node(operator: str, takes: list[str], gives: str, attributes: bytes = b"") -> bytes:
    """A layer as a field of the graph."""
    names = b"".join(_text(TAKES, name) for name in takes) + _text(GIVES, gives)
    return field(NODE, names + _text(OPERATOR, operator) + attributes)


def integer(name: str, value: int) -> bytes:
    """An attribute."""
    encoded = _text(_ATTRIBUTE_NAME, name) + _int(_INT, value) + _int(_ATTRIBUTE_TYPE, _IS_INT)
    return field(_ATTRIBUTE, encoded)


def integers(name: str, *values: int) -> bytes:
    """An attribute of several."""
    encoded = b"".join(_int(_INTS, value) for value in values)
    return field(_ATTRIBUTE, _text(_ATTRIBUTE_NAME, name) + encoded + _int(_ATTRIBUTE_TYPE, _IS_INTS))


def tensor(name: str, values: npt.NDArray[np.float32]) -> bytes:
    """An initialiser as a field of the graph."""
    dims = b"".join(_int(_DIMS, size) for size in values.shape)
    raw = field(_RAW, values.astype("<f4").tobytes())
    return field(INITIALISER, dims + _int(_DATA_TYPE, _FLOAT) + _text(TENSOR_NAME, name) + raw)


def values_of(tensor: bytes) -> npt.NDArray[np.float32]:
    """Values of an initialiser, float32, in its shape."""
    shape = [int.from_bytes(value) for number, value, _ in fields(tensor) if number == _DIMS]  # none from 128 on
    return np.frombuffer(next(value for number, value, _ in fields(tensor) if number == _RAW), "<f4").reshape(shape)


def port(number: int, name: str, shaped: bytes = b"") -> bytes:
    """What goes in or comes out, of any shape where none is given."""
    tensor = field(_TENSOR, _int(_ELEMENT, _FLOAT) + shaped)
    return field(number, _text(_NAME, name) + field(_TYPE, tensor))


def shape(*sizes: int | str) -> bytes:
    """Of what goes in: dimensions of known size, or of one with a name."""
    dimensions = (_text(_SIZE_NAME, one) if isinstance(one, str) else _int(_SIZE, one) for one in sizes)
    return field(_SHAPE, b"".join(field(_DIMENSION, one) for one in dimensions))


def texts(message: bytes, number: int) -> list[str]:
    """Texts of all fields of that number."""
    return [value.decode() for found, value, _ in fields(message) if found == number]


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, content and whole bytes of each field of a message (protobuf encoding, of a file that was checked)."""
    place = 0
    while place < len(message):
        start = place
        key, place = _varint(message, place)
        content = place
        if key & 7 == 0:
            _, place = _varint(message, place)
        elif key & 7 == 2:
            length, content = _varint(message, place)
            place = content + length
        else:
            place += 8 if key & 7 == 1 else 4
        yield key >> 3, message[content:place], message[start:place]


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def field(number: int, content: bytes) -> bytes:
    """A field that has a length."""
    return _varint_of(number << 3 | 2) + _varint_of(len(content)) + content


def _text(number: int, text: str) -> bytes:
    return field(number, text.encode())


def _int(number: int, value: int) -> bytes:
    return _varint_of(number << 3) + _varint_of(value)


def _varint_of(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])

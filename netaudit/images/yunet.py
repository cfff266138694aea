"""The network that finds faces: YuNet 2023mar (`model.py`) in onnxruntime, on one processor, at any size.

Scores are those of OpenCV's FaceDetectorYN on the same pixels (120 pictures: within 1e-6). Boxes follow its arithmetic:
strides of 8, 16 and 32, score sqrt(cls * obj).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.images.model import HEADS, OUTPUTS, STRIDES, fitted, weights
from netaudit.images.onnx_file import (
    GIVES,
    GRAPH,
    INITIALISER,
    NODE,
    OPERATOR,
    TAKES,
    TENSOR_NAME,
    field,
    fields,
    tensor,
    texts,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.images.resizing import Planes

Values = npt.NDArray[np.float64]  # of each channel


def surrounded(model: bytes, grey: int) -> bytes:
    """The fitted model for pictures less `grey`: a plane of it is zeros, and goes on beyond every edge."""
    return b"".join(
        field(GRAPH, _graph(value, grey)) if number == GRAPH else raw for number, value, raw in fields(model)
    )


def _graph(graph: bytes, grey: int) -> bytes:
    tensors = {texts(value, TENSOR_NAME)[0]: value for number, value, _ in fields(graph) if number == INITIALISER}
    layers = [_layer(value) for number, value, _ in fields(graph) if number == NODE]
    biases = {name: tensor(name, bias.astype(np.float32)) for name, bias in _biases(layers, tensors, grey).items()}
    return b"".join(
        biases.get(texts(value, TENSOR_NAME)[0], raw) if number == INITIALISER else raw
        for number, value, raw in fields(graph)
    )


def _layer(node: bytes) -> tuple[str, list[str], str]:
    """Operator, what it takes and what it gives."""
    return texts(node, OPERATOR)[0], texts(node, TAKES), texts(node, GIVES)[0]


def _biases(layers: list[tuple[str, list[str], str]], tensors: dict[str, bytes], grey: int) -> dict[str, Values]:
    """Those of all convolutions, by their names."""
    kernels = {takes[1]: values_of(tensors[takes[1]]).astype(np.float64) for name, takes, _ in layers if name == "Conv"}
    wide = {takes[0] for name, takes, _ in layers if name == "Conv" and kernels[takes[1]].shape[2] > 1}
    plane = {"input": np.full(3, float(grey))}  # what each layer gives where all is grey
    biases = {}
    for name, takes, gives in layers:
        if name == "Conv":
            kernel, bias = kernels[takes[1]].sum(axis=(2, 3)), values_of(tensors[takes[2]]).astype(np.float64)
            here = plane[takes[0]]
            reached = kernel[:, 0] * here if kernel.shape[1] == 1 else kernel @ here
            plane[gives] = reached + bias
            biases[takes[2]] = bias + reached * (takes[0] in wide) - plane[gives] * (gives in wide)
        elif name == "Relu":
            plane[gives] = np.maximum(plane[takes[0]], 0)
        elif name == "Add":
            plane[gives] = plane[takes[0]] + plane[takes[1]]
        else:  # the largest of four, twice as large, shares
            plane[gives] = plane[takes[0]]
    return biases


STEP = 32  # pixels; a picture is filled up with zeros to whole steps, on its right and below
UNSAFE, SAFE = 32, 64  # pixels; a side of one step is filled up to two, as when the scores were measured
FAINT, CANDIDATE, COUNTED = 0.02, 0.3, 0.6  # scores: least that means anything, that is hidden, that is counted
NMS, TOP_K = 0.3, 5000  # overlap (intersection over union) of boxes of one face, and boxes looked at


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


class Network:
    """The network of one thread; with `grey`, of pictures in a plane of that without end."""

    def __init__(self, grey: int | None = None) -> None:
        import onnxruntime

        self._room = np.empty(0, np.float32)
        self._grey = np.float32(grey or 0)
        model = fitted(weights()) if grey is None else surrounded(fitted(weights()), grey)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # fatal: standard error is nobody's
        self._run = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]).run

    def glance(self, planes: Planes) -> Look:
        """The best score of a look without its boxes."""
        return Look(self.best(planes), np.empty(0, np.float32), np.empty((0, 4), np.float32))

    def best(self, planes: Planes) -> float:
        """Best score of a face whose centre lies in a picture; 0 where there is none from FAINT on."""
        best = 0.0
        height, width = planes[0].shape
        for squares, boxes, stride, columns in self._levels(planes):
            while (score := float(squares[place := int(squares.argmax())]) ** 0.5) > best and score >= FAINT:
                across, down = (
                    (place % columns + boxes[0, place]) * stride,
                    (place // columns + boxes[1, place]) * stride,
                )
                if 0 <= across <= width and 0 <= down <= height:
                    best = score
                squares[place] = 0
        return best

    def look(self, planes: Planes) -> Look:
        """All faces in a picture."""
        best, found = 0.0, []
        height, width = planes[0].shape
        for squares, boxes_of, stride, columns in self._levels(planes):
            places = np.flatnonzero(squares >= FAINT**2)
            scores, offsets = np.sqrt(squares[places]), boxes_of[:, places].T
            centres = (np.stack([places % columns, places // columns], axis=1) + offsets[:, :2]) * stride
            sizes = np.exp(offsets[:, 2:]) * stride
            sound = (
                np.isfinite(sizes).all(axis=1) & (centres >= 0).all(axis=1) & (centres <= (width, height)).all(axis=1)
            )
            best = max(best, float(scores[sound].max(initial=0.0)))
            sound &= scores >= CANDIDATE
            low = centres[sound] - sizes[sound] / 2
            found.append((scores[sound], np.concatenate([low, low + sizes[sound]], axis=1)))
        scores, boxes = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = apart(scores, boxes)
        return Look(best, scores[kept], (boxes[kept] / max(width, height)).astype(np.float32))

    def _levels(self, planes: Planes) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], int, int]]:
        """Of each stride: squares of scores (n,), offsets and sizes of boxes (4, n), the stride, places in a row."""
        given = self._given(planes)
        outputs = self._run(OUTPUTS, {"input": given})
        for level, stride in enumerate(STRIDES):
            heads, shares = (one.reshape(HEADS, -1) for one in outputs[2 * level : 2 * level + 2])
            yield shares[0] * shares[1], heads[2:6], stride, given.shape[3] // stride

    def _given(self, planes: Planes) -> npt.NDArray[np.float32]:
        """A picture as the network takes it, in the room that the one before had: new pages would take longer."""
        height, width = planes[0].shape
        least = SAFE if min(height, width) <= UNSAFE else STEP
        shape = (1, 3, _filled(height, least), _filled(width, least))
        if self._room.size < (size := math.prod(shape)):
            self._room = np.empty(size, np.float32)
        given = self._room[:size].reshape(shape)
        given[0, :, height:], given[0, :, :height, width:] = 0, 0
        for channel, plane in enumerate(planes):
            if self._grey:
                np.subtract(plane, self._grey, out=given[0, channel, :height, :width])
            else:
                given[0, channel, :height, :width] = plane  # three times as fast
        return given


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

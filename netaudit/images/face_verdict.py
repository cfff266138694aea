"""Whether an image shows faces, and where: the project's measured policy. Detection only, not whose.

Policy: pass A looks at the picture with its long side at 320, enlarging small ones too. Pass B puts a grey border of a
quarter of the long side around it and looks at 640. A face is there when the better score is 0.8 or both are 0.5;
otherwise 0.5 means "possible". Where no face was found and it is asked for, the picture is also looked at in three
rotations (at 320, from 0.8 on). Pictures of more than 640 with a face are looked at once more at up to 1280, where
faces are counted; so are those without one, where heads below a
sixteenth of the long side are too small to be seen from afar (from 0.8 on).

Short cuts: before all this a first look near 160, for which a JPEG is decoded no larger, and which may say "yes" (from
0.88 on) and nothing else; a clear A needs no B; where A has not even a faint candidate (0.02), B and rotations found
nothing either (none of 422 pictures was a face or possible by them; cut at 0.05 it would have been 3 of 630, at 0.1 6
of 787). Where all this finds no face there is a look at exactly 160: a face that fills the picture is seen from afar
only, and the first look may have been nearer (of 1,231 pictures without a faint candidate none had more than 0.32 in
it). Pass B leaves out the outer part of its border, as if grey went on without end (`padding.py`). A JPEG is decoded no
larger than a look needs.

Who only asks whether there is a face gets no count and no boxes: a first look overlooks the smaller ones beside a clear
one. `locate` never uses it, and takes no short cut where a picture will be shown.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netaudit.core.contracts.judgements import TOO_SMALL
from netaudit.core.contracts.reasons import reason
from netaudit.images.resizing import GREY, Planes, planes, roughly, scaled
from netaudit.images.yunet import FAINT, Look, Network

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image

    from netaudit.images.pictures import Picture

SIDE_FIRST, SIDE_A, SIDE_B, SIDE_NATIVE = 160, 320, 640, 1280  # pixels of the long side
BORDER = 0.25  # of the long side, on every side (pass B)
CUT = 64  # pixels of that border that are not reckoned: whole steps of the network, and 42 are left
BOTH, CLEAR, CLEAR_FIRST = 0.5, 0.8, 0.88  # scores
SMALL = 1 / 16  # of the long side: heads that pass B may miss have less
MIN_SIDE = 32  # pixels; smaller pictures are icons, not evidence
SIDE_B_PICTURE = round(SIDE_B / (1 + 2 * BORDER))  # what is left of 640 for the picture itself

See = Callable[[Planes], Look]  # with boxes, or without where nobody asks for them
Box = tuple[int, int, int, int]  # left, top, width, height in pixels of the upright picture, within it


@dataclass(frozen=True, slots=True)
class FaceVerdict:
    """What the detector says about one image."""

    face: str = "not judged"  # yes, possible, no, AS_HOLDER, undecodable, not judged
    n_faces: int | None = None  # None where they were not counted
    score: float = 0.0  # best of the looks that the verdict needed
    rotated: int = 0  # degrees clockwise by which the picture had to be turned
    reason: str = ""  # why it was not judged: a reason
    beside: str = ""  # `beside_of` the pictures with a face that hold it, where it was held against them


@dataclass(frozen=True, slots=True)
class _Seen:
    """The whole policy's verdict and its looks."""

    face: str
    looks: list[Look]
    rotated: int = 0

    @property
    def score(self) -> float:
        return round(max(look.best for look in self.looks), 4)


def beside_of(holders: Iterable[Sequence[str]]) -> str:
    """Pictures that hold another one, each with its SHA-256 first, as one text."""
    return " ".join(sorted(holder[0] for holder in holders))


class FaceDetector:
    """Detector of one thread."""

    def __init__(self) -> None:
        self._network = Network()

    @functools.cached_property
    def _in_grey(self) -> Network:
        return Network(GREY)  # most pictures need none

    def judge(self, picture: Picture, *, rotate: bool, count: bool = False) -> FaceVerdict:
        """Whether a picture shows a face; with `rotate` also a turned one, with `count` how many."""
        return self.first(picture, count=count) or self.further(picture, rotate=rotate, count=count)

    def first(self, picture: Picture, *, count: bool = False) -> FaceVerdict | None:
        """What one look from afar says, where it decides; where faces are counted it does not."""
        if picture.decodable and min(picture.width, picture.height) < MIN_SIDE:
            return FaceVerdict(reason=reason(TOO_SMALL, n=MIN_SIDE))
        image = picture.image(SIDE_A if count else SIDE_FIRST)  # which decides nine tenths of what has a face
        if image is None:
            return FaceVerdict("undecodable", reason=picture.problem)
        return None if count else self._from_afar(roughly(image, SIDE_FIRST))

    def further(self, picture: Picture, *, rotate: bool, count: bool = False) -> FaceVerdict:
        """The same by all other looks."""
        seen = self._policy(picture, boxes=count, rotate=rotate)
        if seen is None:
            return FaceVerdict("undecodable", reason=picture.problem)
        if seen.face != "yes":
            vain = count or seen.score < FAINT
            image = None if vain else picture.image(SIDE_A)
            verdict = self._from_afar(scaled(image, SIDE_FIRST)) if image is not None else None
            if verdict is None and (heads := self._small_heads(picture)) is not None:
                verdict = FaceVerdict("yes", max(1, heads.counted) if count else None, round(heads.best, 4))
            return verdict or FaceVerdict(seen.face, 0, seen.score)
        if not count:
            return FaceVerdict("yes", None, seen.score, seen.rotated)
        counted = [look.counted for look in (*seen.looks, *self._native(picture, seen.rotated))]
        return FaceVerdict("yes", max(1, *counted), seen.score, seen.rotated)

    def locate(self, picture: Picture, side: int) -> tuple[Box, ...]:
        """All places that may be faces, to be hidden in a picture shown at `side`; none where there is no clear face.

        In pixels of the picture as declared, after its EXIF orientation was applied; from the score CANDIDATE on, of
        every look, so there can be several of one face. Looked at twice as large as it is shown at least; what is shown
        larger than a thumbnail, by all passes, at up to 1280.
        """
        seen = self._policy(picture, boxes=True, rotate=True, thorough=2 * side > SIDE_A)
        if seen is None:
            return ()
        if seen.face == "yes":
            looks = [*seen.looks, *(self._native(picture, seen.rotated) if 2 * side > SIDE_A else ())]
        else:
            heads = self._small_heads(picture)
            if heads is None:
                return ()
            looks = [heads]
        width, height = picture.upright_size
        boxes = np.concatenate([look.boxes for look in looks]) * max(width, height)
        return tuple(box for row in boxes if (box := _inside(row, width, height)))

    def _from_afar(self, picture: Planes) -> FaceVerdict | None:
        """What a first look says: "yes", or nothing."""
        score = self._network.best(picture)
        return FaceVerdict("yes", None, round(score, 4)) if score >= CLEAR_FIRST else None

    def _policy(self, picture: Picture, *, boxes: bool, rotate: bool, thorough: bool = False) -> _Seen | None:
        """All passes but the first look and the one that counts; `thorough`: always B. None: it does not decode."""
        image = picture.image(SIDE_B_PICTURE if thorough else SIDE_A)
        if image is None:
            return None
        see = self._network.look if boxes else self._network.glance
        small = scaled(image, SIDE_A)
        looks = [see(small)]
        faint = looks[0].best >= FAINT
        if thorough or (faint and looks[0].best < CLEAR):
            image = picture.image(SIDE_B_PICTURE)
            in_grey = self._in_grey.look if boxes else self._in_grey.glance
            looks += [_pass_b(image, in_grey)] if image is not None else []
        face = _verdict([look.best for look in looks])
        if face == "no" and rotate and faint and (turned := _turned(small, see)):
            return _Seen("yes", [turned[1]], turned[0])
        return _Seen(face, looks)

    def _small_heads(self, picture: Picture) -> Look | None:
        """Clear small heads in a large picture at its own size: one of 20 pixels is 5 from afar. None for none.

        Larger ones the other passes see better: what they refused is none.
        """
        image = picture.image(SIDE_NATIVE) if max(picture.width, picture.height) > SIDE_B else None
        if image is None:
            return None
        look = self._network.look(planes(image))
        small = (look.boxes[:, 2:] - look.boxes[:, :2]).max(axis=1, initial=0) <= SMALL
        clear = small & (look.scores >= CLEAR)
        if not clear.any():
            return None
        return Look(float(look.scores[clear].max()), look.scores[small], look.boxes[small])

    def _native(self, picture: Picture, rotated: int) -> list[Look]:
        """The look that counts, of larger pictures whose faces stand upright."""
        if rotated or max(picture.width, picture.height) <= SIDE_B:
            return []
        image = picture.image(SIDE_NATIVE)
        return [] if image is None else [self._network.look(planes(image))]


def _pass_b(image: Image, see: See) -> Look:
    """`see` is the network in grey."""
    inner = max(image.size)
    border = round(BORDER * inner)
    look = see([plane[CUT:-CUT, CUT:-CUT] for plane in scaled(image, SIDE_B, border)])
    pixels = (look.boxes * (SIDE_B - 2 * CUT) + CUT) * ((inner + 2 * border) / SIDE_B) - border
    return Look(look.best, look.scores, (pixels / inner).astype(np.float32))


def _turned(picture: Planes, see: See) -> tuple[int, Look] | None:
    """First rotation, in degrees clockwise, that shows a clear face; its boxes are turned back."""
    for turns in (1, 2, 3):
        look = see([np.rot90(plane, -turns) for plane in picture])
        if look.best >= CLEAR:
            boxes = _turn_back(look.boxes, turns, *picture[0].shape)
            return 90 * turns, Look(look.best, look.scores, boxes)
    return None


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

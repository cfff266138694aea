"""Which of many small texts are plain documents, by their bytes alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import kernel
from netaudit.text.json_text import LONG

SMALL = 256  # bytes of a plain document
QUOTE, OPEN, CLOSE, BACKSLASH, PERCENT = 0x22, 0x7B, 0x7D, 0x5C, 0x25


@kernel
def plain_texts(data: npt.NDArray[np.uint8], rows: npt.NDArray[Any], plain: npt.NDArray[np.bool_]) -> None:
    """Say of each text whether it is as `from_messages.is_plain_text` has it.

    Args:
        data: bytes that the texts lie in.
        rows: of each text `body` and `stop`: its first byte, and the one behind its last.
        plain: as many answers.

    """
    for index in range(rows.size):
        start, stop = np.int64(rows[index]["body"]), np.int64(rows[index]["stop"])
        plain[index] = is_plain(data[start:stop])


@kernel
def is_plain(text: npt.NDArray[np.uint8]) -> bool:
    """Whether one is."""
    size = text.size
    if not 2 < size <= SMALL or text[0] != OPEN or text[1] != QUOTE or text[size - 1] != CLOSE:
        return False
    if size >= 8 and text[4] == 0x66 and text[5] == 0x74 and text[6] == 0x79 and text[7] == 0x70:  # "ftyp"
        return False
    run = 0
    for at in range(size):
        byte = text[at]
        if byte < 0x20 or byte > 0x7E or byte in (BACKSLASH, PERCENT):
            return False
        run = 0 if byte == QUOTE else run + 1
        if run >= LONG:
            return False
    return True

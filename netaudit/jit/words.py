"""Bytes as words of eight, for kernels.

numba's `view` can fail, and says how in a text with the sizes: 29 functions of numba's that make and join texts were
compiled for it, a fifth of the time of all kernels that look for marks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WORD = 8  # bytes


def words_of(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """A view of contiguous bytes as words in the machine's order; what is left at the end is left out."""
    return data[: data.size // WORD * WORD].view(np.uint64)

"""Looking for resident identity numbers (GB 11643) in bytes that no reader understands: every 17th byte is asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

DIGITS = 17  # before the check digit: a number covers every place of which the index is a multiple of this
LENGTH = 18
WIDE = 2 * LENGTH - 1  # bytes of a number in UTF-16, without the zero at one of its ends
# GB 11643: weight of each digit, and the check digit by the remainder of their sum by 11
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int64)
CHECKS = np.frombuffer(b"10X98765432", np.uint8)
ZERO = np.uint8(48)
TEN = np.uint8(10)


@lean_kernel
def is_number(data: npt.NDArray[np.uint8], at: int, step: int) -> bool:
    """Whether 18 characters at `at`, `step` bytes apart, are a number with a possible date and the right check digit.

    Not one beside which another digit stands, unless its length does. Letters may be lengths (CBOR).
    """
    last = at + step * DIGITS
    if at < 0 or last >= data.size or data[at] == ZERO:
        return False
    total = 0
    for k in range(DIGITS):
        digit = data[at + step * k] - ZERO
        if digit >= TEN or (step == 2 and data[at + step * k + 1] != 0):  # between them: either order of UTF-16
            return False
        total += WEIGHTS[k] * int(digit)
    check = np.uint8(0x58) if data[last] == 0x78 else data[last]
    if check != CHECKS[total % 11]:
        return False
    year = int(data[at + step * 6] - ZERO) * 10 + int(data[at + step * 7] - ZERO)
    month = int(data[at + step * 10] - ZERO) * 10 + int(data[at + step * 11] - ZERO)
    day = int(data[at + step * 12] - ZERO) * 10 + int(data[at + step * 13] - ZERO)
    if year < 18 or year > 20 or month < 1 or month > 12 or day < 1 or day > 31:
        return False
    near = step == 1 or (data[at - 1] == 0 and (at < 3 or data[at - 3] == 0))  # bytes of Chinese may look like digits
    if at >= step and near and data[at - step] - ZERO < TEN:
        return False
    if step == 1 and at > 0 and data[at - 1] == LENGTH:
        return True  # told to be as long as that, whatever the tag of the next field is (BER: 0 and 1)
    behind = last + step
    if behind >= data.size or data[behind] - ZERO >= TEN:
        return True
    return step == 2 and (data[behind - 1] != 0 or (behind + 1 < data.size and data[behind + 1] != 0))


def holds_number(data: bytes) -> bool:
    """Whether a number stands in bytes; asked of what a reader takes whole and looks at in a few places only."""
    return len(data) >= LENGTH and next_number(np.frombuffer(data, np.uint8), 0)[0] >= 0


@lean_kernel
def next_number(data: npt.NDArray[np.uint8], start: int) -> tuple[int, int]:
    """Where the next number at or behind `start` begins, and its bytes; (-1, 0) for none.

    Its characters are bytes, or bytes with a zero between each two (UTF-16). No further back than a number
    reaches is looked for its first digit: a long run of digits would be walked from each place in it.
    """
    at = start + DIGITS - 1
    while at < data.size:
        if data[at] - ZERO < TEN:
            first, least = at, max(start, at - DIGITS)
            while first > least and data[first - 1] - ZERO < TEN:
                first -= 1
            if is_number(data, first, 1):
                return first, LENGTH
        if (at + 1 < data.size and data[at + 1] == 0) or (at > 0 and data[at - 1] == 0):
            first, least = at, max(start, at - 2 * DIGITS)
            while first - 2 >= least and data[first - 2] - ZERO < TEN and data[first - 1] == 0:
                first -= 2
            for place in (first, first + 2):  # the first may be a byte of the character before
                if is_number(data, place, 2):
                    return place, WIDE
        at += DIGITS
    return -1, 0

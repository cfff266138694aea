"""Read integers of network byte order, or little-endian ones, from bytes; kernels inline the same from `octets.pxd`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Octets = npt.NDArray[np.uint8]


def u8(data: Octets, at: int) -> int:
    """Return the byte at `at`."""
    return int(data[at])


def u16(data: Octets, at: int) -> int:
    """Return the 16-bit integer at `at`."""
    return u8(data, at) << 8 | u8(data, at + 1)


def u32(data: Octets, at: int) -> int:
    """Return the 32-bit integer at `at`."""
    return u16(data, at) << 16 | u16(data, at + 2)


def u48(data: Octets, at: int) -> int:
    """Return the 48-bit integer at `at`: a MAC address."""
    return u16(data, at) << 32 | u32(data, at + 2)


def u64(data: Octets, at: int) -> int:
    """Return the 64-bit integer at `at`, unsigned."""
    return u32(data, at) << 32 | u32(data, at + 4)


def u16_little(data: Octets, at: int) -> int:
    """Return the little-endian 16-bit integer at `at`."""
    return u8(data, at + 1) << 8 | u8(data, at)


def u32_little(data: Octets, at: int) -> int:
    """Return the little-endian 32-bit integer at `at`."""
    return u16_little(data, at + 2) << 16 | u16_little(data, at)

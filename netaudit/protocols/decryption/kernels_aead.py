"""Kernels that ask the cipher library that Python has loaded, many times under one key."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.jit.foreign import address, call

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
TAG = 16  # bytes
SET_TAG = 0x11  # EVP_CTRL_AEAD_SET_TAG
INIT, UPDATE, CONTROL, FINAL = range(4)  # places in `functions`


@lean_kernel
def open_each(
    functions: I8,
    context: int,
    data: U1,
    begins: I8,
    ends: I8,
    nonces: U1,
    heads: U1,
    sizes: I8,
    kind: int,
    plain: U1,
    behind: I8,
) -> int:
    """Open pieces, up to one whose tag does not fit; how many.

    Args:
        functions: addresses of those of EVP.
        context: address of an EVP_CIPHER_CTX that has cipher and key.
        data: holds the pieces, each with its tag at its end.
        begins: where each begins.
        ends: where each ends.
        nonces: shape (n, 12).
        heads: shape (n, m), what is authenticated with each.
        sizes: bytes of each head.
        kind: a type of content that has to stand behind each, with zeros as padding, and is cut off with these
            (RFC 8446, 5.4); negative: nothing is.
        plain: to fill with what is in them, one behind the other; as long as they.
        behind: to fill, shape (n,): where each ends in it.

    """
    at = 0
    for number in range(begins.size):
        begin, end = begins[number], ends[number] - TAG
        written = address(behind, number * behind.itemsize)  # how many bytes were written, which is known
        if end < begin or at + end - begin > plain.size:
            return number
        nonce, head = address(nonces, number * nonces.shape[1]), address(heads, number * heads.shape[1])
        fits = call(functions[INIT], (context, 0, 0, 0, nonce)) == 1
        fits &= call(functions[UPDATE], (context, 0, written, head, sizes[number])) == 1
        if end > begin:
            content = address(data, begin)
            fits &= call(functions[UPDATE], (context, address(plain, at), written, content, end - begin)) == 1
        fits &= call(functions[CONTROL], (context, SET_TAG, TAG, address(data, end))) == 1
        # Always asked, whatever was said before: what is told is what a tag has proved.
        if call(functions[FINAL], (context, address(plain, at + end - begin), written)) != 1 or not fits:
            return number
        start, at = at, at + end - begin
        if kind >= 0:
            while at > start and plain[at - 1] == 0:
                at -= 1
            if at == start or plain[at - 1] != kind:
                return number
            at -= 1
        behind[number] = at
    return int(begins.size)


@lean_kernel
def key_streams(functions: I8, context: int, starts: U1, nothing: U1, written: I8, streams: U1) -> bool:
    """Fill `streams`, shape (n, m), with what a stream cipher gives from each start on; whether it did.

    Args:
        functions: as above.
        context: address of an EVP_CIPHER_CTX that has cipher and key.
        starts: shape (n, 16).
        nothing: m zero bytes.
        written: a place for how many bytes the library wrote.
        streams: to fill.

    """
    for number in range(starts.shape[0]):
        start, stream = address(starts, number * starts.shape[1]), address(streams, number * streams.shape[1])
        fits = call(functions[INIT], (context, 0, 0, 0, start)) == 1
        fits &= call(functions[UPDATE], (context, stream, address(written, 0), address(nothing, 0), nothing.size)) == 1
        if not fits:
            return False
    return True

"""Kernels over the pairs of images and units: which constant overhead explains most images, and how well by chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import kernel

I4 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int64]

CELL = 4  # bytes of overhead that are not told apart
MOST_OVERHEAD = 8192  # bytes
CELLS = MOST_OVERHEAD // CELL


@kernel
def first_behind(times: I8, moment: int) -> int:
    """Index of the first time that is not before a moment (times in order)."""
    low, high = 0, times.size
    while low < high:
        middle = (low + high) >> 1
        if times[middle] < moment:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def candidates(
    arrived: I8,
    lead: I8,
    sizes: I8,
    sent: I8,
    low: I8,
    high: I8,
    window: int,
    form: tuple[int, int],
    edge: tuple[int, int],
    beside: int,
    out: I8,
) -> tuple[int, int, int, int]:
    """Pairs close in time whose overhead fits a constant.

    Args:
        arrived: as in `peak`, and so are the arguments up to `window`.
        lead: see there.
        sizes: see there.
        sent: see there.
        low: see there.
        high: see there.
        window: see there.
        form: the constant's lower end, and its width.
        edge: bytes by which a pair may be off; share of a size's range by which it may be, where that is more.
        beside: bytes at each side within which other pairs are counted.
        out: int64, shape (3, room): image, unit, bytes off; filled as far as there is room.

    Returns:
        How many fit, how many others are beside, how many are close in time, and the sum of their widths.

    """
    fitting, others, close, wide = 0, 0, 0, 0
    for i in range(arrived.size):
        until = arrived[i] + window
        for j in range(first_behind(sent, arrived[i] - lead[i]), sent.size):
            if sent[j] > until:
                break
            reach = max(edge[0], (high[j] - low[j]) // edge[1])
            close += 1
            wide += high[j] - low[j] + form[1] + 2 * reach
            least, most = low[j] - sizes[i] - form[1] + 1 - form[0], high[j] - sizes[i] - form[0]
            off = most if most < 0 else max(least, 0)
            if -reach <= off <= reach:
                if fitting < out.shape[1]:
                    out[0, fitting], out[1, fitting], out[2, fitting] = i, j, off
                fitting += 1
            elif -beside <= most <= beside:
                others += 1
    return fitting, others, close, wide


@kernel
def peak(
    arrived: I8,
    lead: I8,
    sizes: I8,
    groups: I8,
    sent: I8,
    low: I8,
    high: I8,
    window: int,
    width: int,
    cells: I4,
    used: I8,
    begins: I8,
) -> tuple[int, int]:
    """Most images of distinct size, with as many units, that one constant overhead explains; and that overhead.

    Args:
        arrived: when the last byte of each image had come, ns.
        lead: how long before that a unit may begin, ns (an image may be sent on while it still comes).
        sizes: bytes of each image as they would be sent; equal ones stand together.
        groups: number of each size, from 0.
        sent: beginning of each unit, ns, in order.
        low: bytes of its plaintext at least.
        high: at most.
        window: ns within which a unit has to begin.
        width: bytes by which overheads of one form may differ.
        cells: int32, shape (3, CELLS): images explained, number of the last one's size, cells with any; none explained
            in all of them before and behind, else scratch.
        used: int64, as many as units; scratch.
        begins: int64, as many as images; scratch.

    Returns:
        The count, and the overhead in bytes.

    """
    met = 0
    for i in range(arrived.size):
        until = arrived[i] + window
        begins[i] = first_behind(sent, arrived[i] - lead[i])
        for j in range(begins[i], sent.size):
            if sent[j] > until:
                break
            least, most = low[j] - sizes[i] - width, high[j] - sizes[i]
            if most < 0 or least >= MOST_OVERHEAD:
                continue
            for cell in range(max(least, 0) // CELL, min(most, MOST_OVERHEAD - 1) // CELL + 1):
                if cells[0, cell] == 0:
                    cells[2, met] = cell
                    met += 1
                elif cells[1, cell] == groups[i]:
                    continue
                cells[0, cell] += 1
                cells[1, cell] = groups[i]
    most, place = 0, 0
    for cell in cells[2, :met]:  # of equally good ones the first
        if cells[0, cell] > most or (cells[0, cell] == most and cell < place):
            most, place = cells[0, cell], cell
        cells[0, cell] = 0
    if most < 2:
        return int(most), place * CELL
    overhead, units = place * CELL, 0
    used[:] = 0
    for i in range(arrived.size):  # one unit explains one image only
        until = arrived[i] + window
        for j in range(begins[i], sent.size):
            if sent[j] > until:
                break
            if low[j] - sizes[i] - width < overhead + CELL and high[j] - sizes[i] >= overhead and not used[j]:
                used[j] = 1
                units += 1
                if units == most:
                    return int(most), overhead
    return units, overhead


@kernel
def peaks_by_chance(
    arrived: I8,
    lead: I8,
    sizes: I8,
    groups: I8,
    sent: I8,
    low: I8,
    high: I8,
    window: int,
    width: int,
    shifts: I8,
    orders: I8,
    span: tuple[int, int],
    found: I8,
) -> None:
    """Peaks of images whose times are shifted in a circle, or which change their times with each other.

    Args:
        arrived: as in `peak`, and so are the arguments up to `width`.
        lead: see there.
        sizes: see there.
        groups: see there.
        sent: see there.
        low: see there.
        high: see there.
        window: see there.
        width: see there.
        shifts: ns by which each resampling shifts.
        orders: whose time each image has, shape (resamplings, images).
        span: ns, between which times go in a circle.
        found: filled with what `peak` returns, shape (resamplings, 2).

    """
    cells = np.zeros((3, CELLS), np.int32)
    used = np.empty(sent.size, np.int64)
    moved, leads, begins = np.empty_like(arrived), np.empty_like(lead), np.empty_like(arrived)
    begin, length = span[0], span[1] - span[0]
    for k in range(shifts.size):
        for i in range(arrived.size):
            moved[i] = begin + (arrived[orders[k, i]] - begin + shifts[k]) % length
            leads[i] = lead[orders[k, i]]
        best = peak(moved, leads, sizes, groups, sent, low, high, window, width, cells, used, begins)
        found[k, 0], found[k, 1] = best


@kernel
def keep_apart(orders: I8, others: I8, times: I8, reach: int) -> None:
    """Change orders so that each has a time farther than `reach` from its own, as far as exchanges find one.

    Args:
        orders: permutations in rows; changed.
        others: with whom to exchange, in turn, shape (trials, images).
        times: of each image, ns.
        reach: ns.

    """
    for k in range(orders.shape[0]):
        order = orders[k]
        for i in range(times.size):
            for trial in range(others.shape[0]):
                if abs(times[order[i]] - times[i]) > reach:
                    break
                j = others[trial, i]
                if abs(times[order[j]] - times[i]) > reach and abs(times[order[i]] - times[j]) > reach:
                    order[i], order[j] = order[j], order[i]

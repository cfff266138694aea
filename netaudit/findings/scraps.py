"""Words that nobody would read in heads and small bodies, added up by the ends between which they went, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

AT_ONCE = 1 << 21  # words that are looked at together: bounds the memory, whatever was sent


def by_flow(scraps: pa.Table | None, flows: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Bytes of such words in each flow, up and down: a word said again between two ends counts in its first flow."""
    sums = np.zeros((2, flows.num_rows), np.int64)
    if scraps is None or not scraps.num_rows:
        return sums[0], sums[1]
    pairs = _pairs(flows)
    places = pc.fill_null(pc.index_in(scraps["flow_id"], flows["flow_id"].combine_chunks()), -1).to_numpy()
    passes = 1 + scraps.num_rows // AT_ONCE
    for turn in range(passes):  # the same word is in the same pass
        for way, total in (("up", sums[0]), ("down", sums[1])):
            _add(scraps, places, pairs, (way, passes, turn), total)
    return sums[0], sums[1]


def _pairs(flows: pa.Table) -> npt.NDArray[np.int64]:
    """A number for each pair of ends."""
    ends = [flows[name].combine_chunks().dictionary_encode() for name in ("client_ip", "server_ip")]
    first, second = (one.indices.to_numpy(zero_copy_only=False).astype(np.int64) for one in ends)
    pairs: npt.NDArray[np.int64] = first * len(ends[1].dictionary) + second
    return pairs


def _add(
    scraps: pa.Table, places: npt.NDArray[np.int32], pairs: npt.NDArray[np.int64], which: tuple[str, int, int],
    total: npt.NDArray[np.int64],
) -> None:  # fmt: skip
    """Add the words of one way whose digest leaves this rest to the flows (`places`) in which they were said first."""
    way, passes, turn = which
    found, begin = [], 0
    for batch in scraps.to_batches():
        of_batch = places[begin : begin + batch.num_rows]
        begin += batch.num_rows
        digest = batch["digest"].to_numpy()
        own = (digest % passes == turn) & pc.equal(batch["direction"], way).to_numpy(zero_copy_only=False)
        if own.any():
            found.append(np.stack([of_batch[own].astype(np.int64), digest[own], batch["size"].to_numpy()[own]]))
    if not found:
        return
    flow, digest, size = np.concatenate(found, axis=1)
    known = flow >= 0
    flow, digest, size = flow[known], digest[known], size[known]
    order = np.lexsort((flow, digest, pairs[flow]))
    flow, digest, size = flow[order], digest[order], size[order]
    first = np.ones(len(flow), bool)
    first[1:] = (digest[1:] != digest[:-1]) | (pairs[flow][1:] != pairs[flow][:-1])
    np.add.at(total, flow[first], size[first])

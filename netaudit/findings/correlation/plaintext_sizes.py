"""How many bytes were encrypted in a unit: by the version and cipher suite that the server chose.

Per record: TLS 1.3 adds a content type and a tag (RFC 8446, 5.2), TLS 1.2 with GCM or CCM an explicit nonce and a tag
(RFC 5288, RFC 6655), with ChaCha20-Poly1305 a tag (RFC 7905); CBC an initialisation vector (from TLS 1.1 on), a MAC and
1 to 16 bytes of padding, which stay unknown. Of a connection met midway nothing is seen of the choice: then the one is
taken that all other connections between the same ends show. QUIC adds to a packet its head, a tag and the heads of its
frames.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

    I8 = npt.NDArray[np.int64]

TAG, SHORT_TAG, NONCE, VECTOR, BLOCK = 16, 8, 8, 16, 16
CCM_8_13 = 0x1305
GCM = frozenset(
    {
        *range(0x009C, 0x00A8), *range(0xC02B, 0xC033), *range(0xC050, 0xC064), *range(0xC06A, 0xC070),
        *range(0xC07A, 0xC08E),
    }
)  # fmt: skip
CCM = frozenset({*range(0xC09C, 0xC0A0), *range(0xC0A4, 0xC0A8), *range(0xC0AC, 0xC0AE)})
CCM_8 = frozenset({*range(0xC0A0, 0xC0A4), *range(0xC0A8, 0xC0AC), *range(0xC0AE, 0xC0B0)})
CHACHA = frozenset(range(0xCCA8, 0xCCAF))
SHA256 = frozenset(
    {
        *range(0x003B, 0x0041), *range(0x0067, 0x006E), 0x00AE, 0x00B0, 0x00B2, 0x00B4, 0x00B6, 0x00B8,
        *range(0x00BA, 0x00C6), 0xC023, 0xC025, 0xC027, 0xC029, 0xC037, 0xC03A,
    }
)  # fmt: skip
SHA384 = frozenset({0x00AF, 0x00B1, 0x00B3, 0x00B5, 0x00B7, 0x00B9, 0xC024, 0xC026, 0xC028, 0xC02A, 0xC038, 0xC03B})
QUIC_HEADS = (20, 46)  # bytes around the data of one packet, least and most: head, tag, heads of frames
CARRIERS = {
    "tcp": (0, 0),
    "udp": (20, 116),
}  # of no known protocol: bytes around the data, as it is and of one datagram
UNREAD = 0.9  # of what a client sent over a connection that nobody read
READ = ("http", "http2", "http3", "rtsp", "mqtt", "ftp", "smtp")  # of flows.protocol: readers know what they carry
UNKNOWN_HEADS = (16, 16 + 48 + 16)  # by any cipher suite
FINISHED = (36 + 1 + TAG, 52 + 1 + TAG)  # first record of a TLS 1.3 client: by SHA-256, SHA-384
ENDS = ("client_ip", "server_ip", "server_port")  # between which stacks agree on the same, connection by connection
CHOICE = ("tls_version", "tls_cipher")
LEAST_BLOCK = 64  # padding to smaller multiples is not told from chance
LEAST_RECORDS = 4
FULL = (1 << 14) + 1 + TAG  # a record without room for padding
CUT = (1 << 14) + TAG  # a record whose padding stops at the most that stacks send, whatever the block


def heads_of(version: str, suite: str) -> tuple[str, int, int]:
    """Rule, and what a record has beside its data at least and at most, in bytes."""
    if not version or not suite:
        return "tls", *UNKNOWN_HEADS
    number, code = int(version, 16), int(suite, 16)
    if number >= 0x0304:
        size = 1 + (SHORT_TAG if code == CCM_8_13 else TAG)
        return "aead13", size, size
    if code in CHACHA:
        return "chacha12", TAG, TAG
    if code in GCM or code in CCM:
        return "aead12", NONCE + TAG, NONCE + TAG
    if code in CCM_8:
        return "aead12", NONCE + SHORT_TAG, NONCE + SHORT_TAG
    mac = 32 if code in SHA256 else 48 if code in SHA384 else 20
    vector = VECTOR if number >= 0x0302 else 0
    return "cbc", vector + mac + 1, vector + mac + BLOCK


def with_sizes(uploads: pa.Table, flows: pa.Table) -> pa.Table:
    """`encrypted_uploads` with rule, plaintext and padding, from what the servers chose (`flows`)."""
    uploads = _unread(uploads, flows)
    if not uploads.num_rows:
        return uploads
    ids = pc.dictionary_encode(uploads["flow_id"].combine_chunks())
    chosen = _chosen(ids.dictionary, flows)
    heads = [heads_of(*chosen.get(flow, ("", ""))) for flow in ids.dictionary.to_pylist()]
    number = ids.indices.to_numpy()
    quic = pc.equal(uploads["rule"], "quic").to_numpy()
    least, most = (np.array([head[place] for head in heads], np.int64)[number] for place in (1, 2))
    least[quic], most[quic] = QUIC_HEADS
    rules = np.array([head[0] for head in heads], object)[number]
    rules[quic] = "quic"
    rule_of = uploads["rule"].to_pylist()
    for rule, heads_around in CARRIERS.items():
        of = np.array([one == rule for one in rule_of], bool)
        rules[of], least[of], most[of] = rule, *heads_around
    records, octets = (uploads[name].to_numpy() for name in ("records", "octets"))
    padded = _padding(uploads, number, rules)
    octets, records = _without_finished(uploads, rules, padded, octets, records)
    low = octets - most * records - np.maximum(padded - 1, 0) * (records - _full(uploads))
    columns = {
        "rule": pa.array(rules, pa.string()),
        "plaintext_low": pa.array(np.maximum(low, 0)),
        "plaintext_high": pa.array(np.maximum(octets - least * records, 0)),
        "padded": pa.array(padded),
    }
    for name, column in columns.items():
        uploads = uploads.set_column(uploads.column_names.index(name), uploads.schema.field(name), column)
    return uploads


def _chosen(ids: pa.Array, flows: pa.Table) -> dict[str, tuple[str, str]]:
    """Version and cipher suite of flows; of one met midway those of all others between the same ends."""
    flows = flows.select(["flow_id", *ENDS, *CHOICE])
    rows = flows.filter(pc.is_in(flows["flow_id"], value_set=ids)).to_pylist()
    chosen = {row["flow_id"]: _choice(row) for row in rows}
    midway = [row for row in rows if not any(chosen[row["flow_id"]])]
    if not midway:
        return chosen
    known: defaultdict[tuple[Any, ...], set[tuple[str, str]]] = defaultdict(set)
    servers = pa.array({row["server_ip"] for row in midway}, pa.string())
    for row in flows.filter(pc.is_in(flows["server_ip"], value_set=servers)).to_pylist():
        if all(_choice(row)):
            known[tuple(row[name] for name in ENDS)].add(_choice(row))
    for row in midway:
        others = known.get(tuple(row[name] for name in ENDS), set())
        if len(others) == 1:
            [chosen[row["flow_id"]]] = others
    return chosen


def _choice(row: dict[str, Any]) -> tuple[str, str]:
    return row["tls_version"] or "", row["tls_cipher"] or ""


def _unread(uploads: pa.Table, flows: pa.Table) -> pa.Table:
    """`encrypted_uploads` without those of connections that a reader understood: they are not encrypted."""
    plain = pc.is_in(uploads["rule"], value_set=pa.array(list(CARRIERS)))
    if not pc.any(plain).as_py():
        return uploads
    named = flows.filter(pc.is_in(flows["flow_id"], value_set=pc.unique(uploads.filter(plain)["flow_id"])))
    share = pc.divide(pc.cast(named["unread_up"], pa.float64()), pc.max_element_wise(named["payload_up"], 1))
    read = pc.is_in(pc.fill_null(named["protocol"], ""), value_set=pa.array(READ))
    unread = named.filter(pc.and_(pc.invert(read), pc.greater_equal(share, UNREAD)))["flow_id"]
    return uploads.filter(pc.or_(pc.invert(plain), pc.is_in(uploads["flow_id"], value_set=pc.unique(unread))))


def _without_finished(uploads: pa.Table, rules: npt.NDArray[Any], padded: I8, octets: I8, records: I8) -> tuple[I8, I8]:
    """Sums without the Finished of a TLS 1.3 client: its first application record, padded as others are."""
    first = (uploads["ordinal"].to_numpy() == 0) & uploads["from_start"].to_numpy() & (rules == "aead13")
    octets, records = octets.copy(), records.copy()
    for place in np.flatnonzero(first).tolist():
        lengths = uploads["lengths"][place].as_py()
        block = max(int(padded[place]), 1)
        if lengths and lengths[0] in {TAG - (TAG - length) // block * block for length in FINISHED}:
            octets[place] -= lengths[0]
            records[place] -= 1
    return octets, records


def _full(uploads: pa.Table) -> I8:
    """How many records of each unit have no room for padding."""
    lengths = uploads["lengths"].combine_chunks()
    counts = uploads["repeats"].combine_chunks().flatten().to_numpy()
    owner = np.repeat(np.arange(uploads.num_rows), pc.list_value_length(lengths).to_numpy())
    full = np.where(lengths.flatten().to_numpy() == FULL, counts, 0)
    return np.bincount(owner, full, uploads.num_rows).astype(np.int64)


def _padding(uploads: pa.Table, flow: I8, rules: npt.NDArray[Any]) -> I8:
    """Greatest common divisor of the padded lengths of each TLS 1.3 connection, where it is no accident."""
    lengths = uploads["lengths"].combine_chunks()
    values = lengths.flatten().to_numpy() - TAG
    counts = uploads["repeats"].combine_chunks().flatten().to_numpy()
    owner = np.repeat(np.arange(uploads.num_rows), pc.list_value_length(lengths).to_numpy())
    padded = np.zeros(uploads.num_rows, np.int64)
    free = ~np.isin(values + TAG, (FULL, CUT)) & (rules[owner] == "aead13")
    values, counts, of = values[free], counts[free], flow[owner[free]]
    if not values.size:
        return padded
    order = np.argsort(of, kind="stable")
    values, counts, of = values[order], counts[order], of[order]
    starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    block = np.gcd.reduceat(values, starts)
    many = np.add.reduceat(counts, starts)
    blocks = np.zeros(int(flow.max()) + 1, np.int64)
    blocks[of[starts]] = np.where((block >= LEAST_BLOCK) & (many >= LEAST_RECORDS), block, 0)
    padded[:] = blocks[flow]
    return np.where(rules == "aead13", padded, 0)

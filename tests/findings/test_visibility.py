"""One definition of encrypted: for rows and for whole tables alike."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.findings.visibility import CLEAR, ENCRYPTED, UNREAD, encrypted, unrecognised, visibility
from netaudit.protocols.readers import READERS

KEYS = st.sampled_from(["", "opened", "partly", None])
PROTOCOLS = sorted({entry.name for entry in READERS} | {"unknown", ""})


@pytest.mark.parametrize(
    ("protocol", "transport", "port", "expected"),
    [
        ("tls", "tcp", 443, ENCRYPTED),
        ("quic", "udp", 8443, ENCRYPTED),
        ("dtls", "udp", 5246, ENCRYPTED),
        ("ssh", "tcp", 22, ENCRYPTED),
        ("unknown", "udp", 443, ENCRYPTED),  # QUIC whose hello was not captured
        ("unknown", "udp", 8443, UNREAD),
        ("unknown", "tcp", 443, UNREAD),
        ("stun", "udp", 443, CLEAR),
        ("http", "tcp", 443, CLEAR),
    ],
)
def test_what_can_be_seen(protocol, transport, port, expected) -> None:
    assert visibility(protocol, transport, port) == expected


@given(
    st.lists(st.tuples(st.sampled_from(PROTOCOLS), st.sampled_from(["tcp", "udp"]), st.sampled_from([443, 80]), KEYS))
)
def test_tables_are_judged_as_rows_are(rows) -> None:
    table = pa.table(
        {
            "protocol": pa.array([row[0] for row in rows], pa.string()),
            "transport": pa.array([row[1] for row in rows], pa.string()),
            "server_port": pa.array([row[2] for row in rows], pa.int32()),
            "keys": pa.array([row[3] for row in rows], pa.string()),
        }
    )
    assert encrypted(table).to_pylist() == [visibility(*row[:3], row[3] or "") == ENCRYPTED for row in rows]
    unread = [a and not b for a, b in zip(unrecognised(table).to_pylist(), encrypted(table).to_pylist(), strict=True)]
    assert unread == [visibility(*row[:3], row[3] or "") == UNREAD for row in rows]

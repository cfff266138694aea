"""What padded records of TLS 1.3 say of the bytes in them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import ENCRYPTED_UPLOADS, FLOWS
from netaudit.findings.correlation.plaintext_sizes import with_sizes

TAG, FULL = 16, 16_385  # bytes; type and most data of a record
BLOCK = 1536
CUT = 16_384  # OpenSSL pads no further, and 1,536 is no divisor of it


def _sized(units):
    """Sizes of the units of one connection, from the lengths of their records without the tags."""
    rows = []
    for ordinal, plain in enumerate(units):
        lengths = [length + TAG for length in plain]
        rows.append(
            {
                "unit_id": str(ordinal), "flow_id": "f", "ordinal": ordinal, "lengths": lengths,
                "repeats": [1] * len(lengths), "records": len(lengths), "octets": sum(lengths), "rule": "tls",
                "from_start": True,
            }
        )  # fmt: skip
    uploads = pa.Table.from_pylist(rows, schema=ENCRYPTED_UPLOADS.schema())
    flow = {"flow_id": "f", "tls_version": "0304", "tls_cipher": "1301"}
    return with_sizes(uploads, pa.Table.from_pylist([flow], schema=FLOWS.schema())).to_pylist()


def test_the_block_is_found_though_padding_stops_at_the_end_of_a_record():
    units = [[BLOCK, 5 * BLOCK], [FULL, CUT, 3 * BLOCK], [FULL, 7 * BLOCK]]
    cut = _sized(units)[1]
    assert cut["padded"] == BLOCK
    assert cut["plaintext_high"] == FULL + CUT + 3 * BLOCK - 3
    assert cut["plaintext_high"] - cut["plaintext_low"] == 2 * (BLOCK - 1)  # of the full one all is data


@pytest.mark.parametrize("finished", [BLOCK, 37])
def test_a_padded_finished_is_no_part_of_the_first_unit(finished):
    block = BLOCK if finished == BLOCK else 0
    rest = [5 * BLOCK, 2 * BLOCK] if block else [4_000, 4_001]
    opening = _sized([[finished, *rest], rest, rest])[0]
    assert opening["padded"] == block
    assert opening["plaintext_high"] == sum(rest) - 2


@pytest.mark.parametrize(("others", "rule"), [(["1301"], "aead13"), (["1301", "1303"], "tls"), ([], "tls")])
def test_a_connection_met_midway_is_taken_for_one_of_its_ends(others, rule):
    ends = {"client_ip": "10.0.0.2", "server_ip": "203.0.113.9", "server_port": 443}
    flows = [{"flow_id": "f", **ends}, {"flow_id": "g", **ends, "server_port": 8443, "tls_version": "0303"}]
    flows += [{"flow_id": str(k), **ends, "tls_version": "0304", "tls_cipher": one} for k, one in enumerate(others)]
    unit = {"unit_id": "u", "flow_id": "f", "ordinal": 0, "lengths": [1017], "repeats": [1], "records": 1}
    unit |= {"octets": 1017, "rule": "tls", "from_start": False}
    uploads = pa.Table.from_pylist([unit], schema=ENCRYPTED_UPLOADS.schema())
    [sized] = with_sizes(uploads, pa.Table.from_pylist(flows, schema=FLOWS.schema())).to_pylist()
    assert sized["rule"] == rule
    assert (sized["plaintext_low"] == 1000) is (len(others) == 1)


@pytest.mark.parametrize(("protocol", "kept"), [("http", 0), ("rtsp", 0), ("unknown", 1), ("ssh", 1)])
def test_what_a_reader_knows_is_no_encrypted_upload_though_most_of_it_is_missing(protocol, kept):
    unit = {"unit_id": "u", "flow_id": "f", "ordinal": 0, "lengths": [9000], "repeats": [1], "records": 1}
    unit |= {"octets": 9000, "rule": "tcp", "from_start": True}
    uploads = pa.Table.from_pylist([unit], schema=ENCRYPTED_UPLOADS.schema())
    flow = {
        "flow_id": "f",
        "protocol": protocol,
        "payload_up": 9000,
        "unread_up": 8900,
        "tls_version": "",
        "tls_cipher": "",
    }
    assert with_sizes(uploads, pa.Table.from_pylist([flow], schema=FLOWS.schema())).num_rows == kept

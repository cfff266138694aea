"""Names of an endpoint: what was spoken under a name counts, not how often others say one."""

import pyarrow as pa

from netaudit.devices.endpoints.from_tables import MOST_KNOWN, MOST_NAMES, _names

SERVER, TRUE = "47.96.0.20", "zz.faces.example.cn"


def _flows(*rows):
    columns = ("server_ip", "server_name", "bytes_up", "bytes_down")
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows])


def _said(names):
    rows = [{"kind": "dns", "ip": SERVER, "value": name} for name in names]
    return pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in ("kind", "ip", "value")]))


def test_a_name_that_is_spoken_under_is_not_pushed_out_by_names_that_are_told():
    forged = [f"a{number:05}.example.com" for number in range(2 * MOST_KNOWN)]
    names = _names(_flows((SERVER, TRUE, 900, 300)), _said(forged))[SERVER]
    assert names[0] == TRUE
    assert len(names) == len(forged) + 1


def test_nor_by_connections_in_which_nobody_answers():
    forged = [(SERVER, f"a{number:03}.example.com", 9000, 0) for number in range(2 * MOST_NAMES)]
    assert _names(_flows(*forged, (SERVER, TRUE + ":443", 900, 300)), _said(()))[SERVER][0] == TRUE

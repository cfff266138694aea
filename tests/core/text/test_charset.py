"""Texts whose character set nobody declares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.core.text.charset import decoded
from netaudit.devices.observations.neighbours import LLDP, parser_of
from netaudit.protocols.network_services import dhcp, snmp
from tests.protocols.network_services.test_dhcp import frame
from tests.protocols.network_services.test_snmp import ber, binding, message

NAME = "核心交换机一号"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gbk"])
def test_names_of_chinese_devices(charset: str) -> None:
    raw = NAME.encode(charset)
    assert decoded(raw) == NAME
    assert dhcp.parse(frame(1, (12, raw))).details.hostname == NAME
    assert snmp.parse(message(0xA2, binding("1.3.6.1.2.1.1.5.0", ber(4, raw)))).details.said == [("name", NAME)]
    parse = parser_of(LLDP, b"")
    assert parse is not None
    assert list(parse((5 << 9 | len(raw)).to_bytes(2, "big") + raw)) == [("lldp", "system_name", NAME)]


@given(st.binary(max_size=40))
def test_any_bytes_give_a_text(raw: bytes) -> None:
    assert isinstance(decoded(raw), str)
    assert decoded(raw[:8].hex().encode()) == raw[:8].hex()

from __future__ import annotations

import pytest

from netaudit.packets.from_capture import LINKTYPES, linktype_name, reason
from netaudit.packets.layouts import GRE_DETAIL, Foreign, Skip
from tests.packets.frames import decode


@pytest.mark.parametrize(
    ("linktype", "name"),
    [(147, "USER0"), (162, "USER15"), (231, "DBUS"), (195, "IEEE802_15_4_WITHFCS"), (60000, "60000")],
)
def test_link_types_by_their_registry_names(linktype, name):
    assert linktype_name(linktype) == name


def test_no_named_link_type_is_decoded():
    for linktype in LINKTYPES:
        decoder, _ = decode([bytes(200)], linktype)
        assert dict(decoder.skipped) == {(0, Skip.LINKTYPE_UNKNOWN): 1}


def test_every_foreign_code_has_a_reason():
    for code in Foreign:
        assert reason(Skip.ENCRYPTED, code) == f"encrypted:{code.name.lower()}"
    assert reason(Skip.TUNNEL_UNKNOWN, GRE_DETAIL + 0x2000) == "tunnel_unknown:gre_0x2000"
    assert reason(Skip.MALFORMED_IP, 0) == "malformed_ip"

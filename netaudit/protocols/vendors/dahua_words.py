"""What JSON-RPC of Dahua's devices says of them and of their clients (facts 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.core.text.json_document import is_word

if TYPE_CHECKING:
    from netaudit.protocols.vendors.framed_reader import Said

# where answers name model, serial number and firmware, by method asked for
_FACTS = {
    "magicBox.getDeviceType": {"type": "DeviceType"},
    "magicBox.getSerialNo": {"sn": "SerialNo"},
    "magicBox.getSoftwareVersion": {"version.Version": "Version", "version": "Version"},
    "magicBox.getSystemInfo": {"deviceType": "DeviceType", "serialNumber": "SerialNo"},
    "magicBox.getMachineName": {"name": "MachineName"},
}


def login_words(method: str, params: Any) -> Said:
    """User and kind of client in a login (the password, hashed or not, is passed over)."""
    if method != "global.login" or not isinstance(params, dict):
        return []
    found = [("user", params.get("userName")), ("client_type", params.get("clientType"))]
    return [(field, value[:64]) for field, value in found if is_word(value)]


def stated(method: str, params: Any) -> Said:
    """Model, serial number, firmware and realm in an answer."""
    if not isinstance(params, dict):
        return []
    if method == "global.login":
        realm = params.get("realm")
        return [("realm", realm[:100])] if is_word(realm) else []
    pairs: Said = []
    for path, field in _FACTS.get(method, {}).items():
        value: Any = params
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if is_word(value):
            pairs.append((field, value[:128]))
    return pairs

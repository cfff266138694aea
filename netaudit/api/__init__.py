"""The public face: audit captures into a case, and what people ask of one."""

from netaudit.api.auditing import audit
from netaudit.api.case import Case, open_case
from netaudit.api.things import Device, Flow, Message

__all__ = ["Case", "Device", "Flow", "Message", "audit", "open_case"]

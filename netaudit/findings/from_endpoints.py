"""The door from endpoints: which flows came in a tunnel whose ends are no senders of what is in it."""

from __future__ import annotations

from netaudit.devices.endpoints.tunnels import bridged

__all__ = ["bridged"]

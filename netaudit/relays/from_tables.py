"""Door from tables: what left encrypted, and which images seen in clear it fits."""

from __future__ import annotations

from netaudit.relays.sizes import with_sizes

__all__ = ["with_sizes"]

"""From a ClientHello to its row of `tls_hellos`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netaudit.core.contracts.details import HelloDetails
from netaudit.core.masking.mask import mask, mask_host, shortened
from netaudit.core.schema import TLS_HELLOS, Row
from netaudit.core.text.addresses import ip_text
from netaudit.core.text.frame_ranges import capture_name

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

MOST_PROTOCOLS = 32  # application protocols of a hello that are listed


def hello_row(message: Message, flow: np.void, *, turned: bool) -> Row | None:
    """Row of `tls_hellos`; None for a message that is no ClientHello, or of which no packet is known.

    `turned`: the readers found client and server of the FLOW row to be the other way round.
    """
    pieces, details = message.pieces, message.details
    if not isinstance(details, HelloDetails) or message.method != "client_hello" or pieces is None or not len(pieces):
        return None
    last = pieces[np.lexsort((pieces["frame"], pieces["ts"]))[-1]]  # bytes may have come out of order
    asks, asked = ("server", "client") if turned ^ bool(message.direction) else ("client", "server")
    return TLS_HELLOS.row(
        message_id=message.message_id.hex(),
        flow_id=message.flow_id.hex(),
        capture_id=capture_name(last["capture"].item()),
        frame=last["frame"].item(),
        ts=last["ts"].item(),
        transport=details.transport,
        client=_end(flow, asks),
        server=_end(flow, asked),
        version=f"{details.version:04x}",
        sni=shortened(mask_host, message.host, 256),
        alpn=[shortened(mask, name, 256) for name in details.alpn[:MOST_PROTOCOLS]],
        ja3=details.ja3,
        ja4=details.ja4,
        random=details.random.hex(),
        ech=details.ech,
    )


def _end(flow: np.void, side: str) -> str:
    return f"{ip_text(int(flow[f'{side}_hi']), int(flow[f'{side}_lo']))} {int(flow[f'{side}_port'])}"

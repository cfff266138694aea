"""What hosts say in the names they ask for: a picture may go out in labels before a registered name.

Names of DNS, of TLS and QUIC, and of HTTP. What stands before the registered name is put together, each name once,
and asked whether anybody would read it; likewise long registered names themselves, before what they end in. Whether
the first to be asked is inside or outside is no matter: it asks others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.text.domains import registrable
from netaudit.core.text.obscure import obscure
from netaudit.findings.accounts import Line
from netaudit.findings.receivers import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

Tables = dict[str, pa.Table]

CODED = "names nobody would read"
LEAST = 4 * 1024  # bytes before one registered name: labels hold two thirds of what they carry, a face is small
LONG = 32  # characters of a name that is looked at
_REVERSE = re.compile(r"(?:\d{1,3}\.){1,4}in-addr\.arpa|(?:[0-9a-f]\.){1,32}ip6\.arpa", re.IGNORECASE)


def names(tables: Tables) -> Iterator[Line]:
    """By host and registered name: how many names it asked for before it, and how many bytes nobody would read."""
    scopes = dict(zip(tables["endpoints"]["ip"].to_pylist(), tables["endpoints"]["scope"].to_pylist(), strict=True))
    labels_of: dict[tuple[str, str], list[str]] = defaultdict(list)
    for client, host in _asked(tables["messages"], tables["flows"]):
        name = bare(host)
        registered = registrable(name, rented=False)
        if not registered or scopes.get(client) != "inside" or _REVERSE.fullmatch(name):
            continue
        labels_of[client, registered].append(name[: -len(registered)])
        if len(registered) >= LONG:  # hardly any is: it may be made up
            label, _, suffix = registered.partition(".")
            labels_of[client, suffix].append(f"{label}.")
    for (client, registered), some in sorted(labels_of.items()):
        text = "".join(sorted(set(some))).encode("utf-8", "replace")
        size = obscure(text) if len(text) >= LEAST else 0
        if size >= LEAST:
            yield Line(f"{client} > *.{registered}", CODED, len(set(some)), size, understood=False)


def _asked(messages: pa.Table, flows: pa.Table) -> Iterator[tuple[str, str]]:
    """Hosts and the long names that they asked for, each once."""
    chosen = messages.select(["flow_id", "host"]).filter(
        pc.and_(
            pc.and_(pc.equal(messages["direction"], "up"), pc.greater_equal(pc.binary_length(messages["host"]), LONG)),
            pc.invert(pc.is_in(messages["protocol"], pa.array(["mdns", "llmnr"]))),
        )
    )
    if not chosen.num_rows:
        return  # finding the place of every flow costs more than all else
    chosen = chosen.group_by(["flow_id", "host"], use_threads=False).aggregate([])
    client = flows["client_ip"].take(pc.index_in(chosen["flow_id"], flows["flow_id"]))
    pairs = (
        pa.table({"client": client, "host": pc.utf8_lower(chosen["host"])}).group_by(["client", "host"]).aggregate([])
    )
    for batch in pairs.to_batches(max_chunksize=16_384):
        yield from zip(batch["client"].to_pylist(), batch["host"].to_pylist(), strict=True)

"""What the marked passes of one visit show by themselves: uploads that avoid them, and what an absence is worth.

Where no upload of the site's devices followed any of m passes, a habit of sending after a share p of them would have
shown with chance 1 - (1 - p) ** m: the share from which on that is 95 % is the exact upper bound of `power.upper`,
near the rule of three (3 / m).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netaudit.recheck.occasions import AVOIDS, LEAST, WINDOW, avoid_chance, followed, passes
from netaudit.recheck.power import upper
from netaudit.recheck.saying import safe, say
from netaudit.recheck.visit import SECOND

if TYPE_CHECKING:
    from netaudit.recheck.visit import Channel, Visit

SMALLEST = 1024  # bytes of one sending: less is a request or a heartbeat
PERSONAL = "personal device"


def told_of_passes(visit: Visit, lang: str) -> list[str]:
    """Sentences on the passes of a visit; none where too few were marked, or the vantage is not known."""
    known = passes(visit)
    if len(known) < LEAST or visit.side not in {"lan", "wan"}:
        return []
    ways = [(one, one.times(least=SMALLEST)) for one in _of_the_site(visit)]
    tried = max(sum(len(sent) >= LEAST for _, sent in ways), 1)
    told = []
    for channel, sent in ways:
        marked, count, chance = avoid_chance(visit, sent)
        if chance * tried <= AVOIDS:
            ends = {"device": safe(_named(visit, channel.device)), "endpoint": safe(channel.endpoint)}
            said = say("avoids", lang, passes=marked, followed=count, uploads=len(sent))
            told.append(say("of", lang, **ends, said=said))
    if not followed(known, sorted(ts for _, sent in ways for ts in sent)):
        share = min(100, math.ceil(100 * upper(0, len(known), 0.95)))
        told.append(say("absent", lang, passes=len(known), least=SMALLEST, window=WINDOW // SECOND, share=share))
    return told


def _of_the_site(visit: Visit) -> list[Channel]:
    """What its devices send outside; visitors' own are none of them."""
    own = {one.device_id for one in visit.devices.values() if one.role == PERSONAL}
    return [one for _, one in sorted(visit.channels.items()) if not one.inside and one.device not in own]


def _named(visit: Visit, device: str) -> str:
    known = visit.devices.get(device)
    return known.words if known else device

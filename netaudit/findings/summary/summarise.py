"""Build the summary of a case from its tables."""

from __future__ import annotations

import datetime
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.judgements import NOT_ASKED
from netaudit.core.text.addresses import is_link_address
from netaudit.findings import apart
from netaudit.findings.people_counted import Identities, People
from netaudit.findings.summary.limits import LEAST_RECORDED, content, limits, open_rows, recorded
from netaudit.findings.summary.marks import marks
from netaudit.findings.summary.model import (
    CAUSED,
    CONSISTENT,
    DISPUTED,
    ENCRYPTED,
    IDENTITY,
    IMAGES,
    INSIDE_ONLY,
    NOT_ASSESSABLE,
    NOT_SEEN,
    REFUSED,
    TRANSFER_SEEN,
    UNANSWERED,
    Contact,
    Limit,
    Period,
    Personal,
    Step,
    Summary,
    Transfer,
)
from netaudit.findings.summary.parties import Parties
from netaudit.findings.summary.reading import rows
from netaudit.findings.summary.sentences import Sentences, zone_of
from netaudit.findings.summary.timeline import lanes
from netaudit.findings.summary.transfers import distinct_images, transfers, uploads_of
from netaudit.findings.vocabulary import DELIVERED, MOVED, RETRIEVED, UPLOADED

if TYPE_CHECKING:
    from netaudit.findings.summary.model import Party
    from netaudit.findings.summary.reading import Row, Source

NOT_TAKEN = frozenset({REFUSED, UNANSWERED})
ATTEMPTED = NOT_TAKEN | {CAUSED, DISPUTED}  # doubts of a transfer that may not have been taken
OFFSET = re.compile(r"(?<=\d)[+-](?:0\d|1[0-4]):[0-5]\d$")  # at the end of a time of ISO 8601
MOST_PARTIES = 3  # named in a step
APPLIANCES = frozenset(  # classes of devices on which nobody can log session keys
    {"camera", "ip_camera", "face_capture_camera", "access_terminal", "id_terminal", "recorder", "nvr", "handheld"}
    | {"router", "switch", "access_point", "printer", "tv", "media_player", "game_console", "iot", "smart_plug"}
    | {"light", "sensor", "scale", "gateway_iot", "plc"}
)


def summarise(case: Source, judged: tuple[int, int] | None = None) -> Summary:
    """Return the summary of a case; `judged`: images judged and found so far, while an audit runs."""
    parties = Parties(case)
    everything = transfers(case, parties)
    ledgers = rows(case.table("ledgers"))
    faces = bool(_options(case).get("faces", True))

    def left(one: Transfer) -> bool:
        return one.act == UPLOADED.name or not all(other.device for other in one.others)

    sent = [one for one in everything if one.act in {UPLOADED.name, "video"} and one.content != ENCRYPTED and left(one)]
    doubtful = [one for one in sent if one.doubt]
    sent = [one for one in sent if not one.doubt]
    fetched = [one for one in everything if one.act in {RETRIEVED.name, DELIVERED.name}]
    encrypted = [one for one in everything if one.content == ENCRYPTED]
    inside = [one for one in everything if one.act == MOVED.name or (one.act == "video" and not left(one))]
    shares, share = content(ledgers), recorded(case)
    period = _period(case)
    state, why = _state(case, ledgers, sent, doubtful, encrypted, inside, share, faces=faces)
    people = _people(case, [one for one in sent if one.content == IDENTITY])
    return Summary(
        state=state,
        why=why,
        period=period,
        images=distinct_images(case, [one for one in sent if one.content == IMAGES]),
        people=len(people),
        people_at_least=people.at_least,
        servers=len({other.address for one in sent for other in one.others}),
        devices=len({one.device.id for one in sent}),
        addresses=len({one.device.id for one in sent if not is_link_address(one.device.id)}),
        sent=tuple(sent),
        doubtful=tuple(doubtful),
        fetched=tuple(fetched),
        encrypted=tuple(encrypted),
        other_uploads=max(0, uploads_of(case).total() - sum(one.count for one in encrypted)),
        inside=tuple(inside),
        images_inside=distinct_images(case, [one for one in inside if one.content == IMAGES]),
        contact=_contact(case, parties) if state == NOT_ASSESSABLE else None,
        personal=_personal(ledgers, parties),
        apart=_apart(ledgers),
        marks=marks(case, ledgers, parties),
        faces=faces,
        readable=shares.readable,
        hidden=shares.hidden,
        recorded=share,
        limits=limits(case, ledgers),
        steps=_steps(state, why, sent or doubtful, encrypted),
        lanes=lanes(case, period, sent, encrypted),
        judged=judged,
    )


def each_transfer(case: Source) -> list[Transfer]:
    """Return one transfer for every row of `findings` and each of its contents, outward ones first."""
    return transfers(case, Parties(case), each=True)


def finding_sentence(case: Source, summary: Summary, finding_id: str, lang: str, zone: str | None = None) -> str:
    """Return what one finding says, in a sentence or several."""
    words = Sentences(summary, lang, zone)
    texts = [words.sentence(one) for one in transfers(case, Parties(case), only=finding_id)]
    texts = texts or [words.say("uncounted")]  # of an edited case: no row names images, records or bytes
    return ("" if lang == "zh" else " ").join(texts)


def _state(
    case: Source,
    ledgers: list[Row],
    sent: list[Transfer],
    doubtful: list[Transfer],
    encrypted: list[Transfer],
    inside: list[Transfer],
    share: float | None,
    *,
    faces: bool,
) -> tuple[str, str]:
    """Return the state of a case, and the key of its explanation."""
    if sent:
        return TRANSFER_SEEN, "seen"
    if any(one.matched and not one.correlated for one in encrypted):
        return CONSISTENT, "matched"
    if any(one.doubt in ATTEMPTED for one in doubtful):
        return CONSISTENT, "attempted" if all(one.doubt in NOT_TAKEN for one in doubtful) else "doubtful"
    if why := _unassessable(case, ledgers, share, faces=faces):
        return NOT_ASSESSABLE, why
    return (INSIDE_ONLY, "inside") if inside else (NOT_SEEN, "nothing")


def _unassessable(case: Source, ledgers: list[Row], share: float | None, *, faces: bool) -> str:
    """Return why a case without transfers cannot be assessed, "" when it can."""
    stages = {row["reason"]: row["subject"] for row in open_rows(ledgers, "stages")}
    if "no packets" in stages or "none decoded" in stages:
        return "no_packets"
    if share is not None and share < LEAST_RECORDED:
        return "cut"
    if "vantage unknown" in stages:
        return "no_capture_point"
    images = case.table("images", ["why", "face"])
    if images.num_rows and not faces:
        return "faces_off"
    unjudged = sum(row["count"] or 0 for row in open_rows(ledgers, "images"))
    if unjudged and unjudged == images.num_rows:
        asked = pc.all(pc.equal(pc.fill_null(images["why"], ""), NOT_ASKED)).as_py()
        return "faces_off" if asked else "nothing_judged"
    return "interrupted" if case.manifest.get("partial") else ""


def _period(case: Source) -> Period:
    captures = case.table("captures", ["first_ts", "last_ts"])
    first, last = (
        f(captures[name].cast(pa.int64())).as_py() for f, name in ((pc.min, "first_ts"), (pc.max, "last_ts"))
    )
    given = str(_options(case).get("zone") or "")
    given = given if zone_of(given) is not datetime.UTC else ""  # a name that is none counts as none
    stated = "" if given else _offset(case)
    return Period(first, last, given or stated, "option" if given else "devices" if stated else "none")


def _options(case: Source) -> dict[str, object]:
    given = case.manifest.get("options")
    return given if isinstance(given, dict) else {}


def _people(case: Source, identity: list[Transfer]) -> People:
    """Return of which people identity data left."""
    wanted = {one for row in identity for one in row.findings}
    findings = case.table("findings", ["finding_id", "person_hmacs"]).to_pylist()
    chosen = [row for row in findings if row["finding_id"] in wanted]
    return Identities(case.table("persons")).people(chosen)


def _offset(case: Source) -> str:
    """Return the offset from UTC that the devices' own messages state; "" where they state none or several."""
    times = case.table("persons", ["kind", "value_masked"])
    stated = times.filter(pc.equal(times["kind"], "time"))["value_masked"]
    found = {match[0] for one in pc.unique(stated).to_pylist() if (match := OFFSET.search(one or ""))}
    return found.pop() if len(found) == 1 else ""


def _personal(ledgers: list[Row], parties: Parties) -> Personal:
    """Return what devices that are somebody's own sent: the ledger `apart`."""
    found = [row for row in open_rows(ledgers, "apart") if row["reason"] in {apart.IMAGES, apart.RECORDS}]
    sums = {
        reason: sum(row["count"] or 0 for row in found if row["reason"] == reason)
        for reason in (apart.IMAGES, apart.RECORDS)
    }
    devices = tuple(parties.device(one) for one in sorted({row["subject"] for row in found}))
    return Personal(devices, sums[apart.IMAGES], sums[apart.RECORDS])


APART = {
    apart.NOBODYS: "unattributed",
    apart.NUMBERS: "numbers_alone",
    apart.UNCHECKED: "numbers_unchecked",
    apart.OWNS: "numbers_own",
    apart.CHANCE: "numbers_by_chance",
}


def _apart(ledgers: list[Row]) -> tuple[Limit, ...]:
    """Return images and numbers that left and are counted for no device."""
    found = open_rows(ledgers, "apart")
    sums = {kind: sum(row["count"] or 0 for row in found if row["reason"] == reason) for reason, kind in APART.items()}
    return tuple(Limit(kind, None, n) for kind, n in sums.items() if n)


def _steps(state: str, why: str, sent: list[Transfer], encrypted: list[Transfer]) -> tuple[Step, ...]:
    """Return what to do next, fit to the state of the case."""
    senders = _distinct(one.device for one in sent)
    logging = _distinct(one.device for one in encrypted if one.device.kind not in APPLIANCES)
    keys = [Step("keys", logging)] if logging else []
    if state == TRANSFER_SEEN:
        return (Step("secure", senders), Step("papers"))
    if state == CONSISTENT:
        if why == "doubtful":
            return (Step("clarify", senders), Step("longer"))
        matched = [one for one in encrypted if one.matched and not one.correlated] or encrypted
        return (Step("secure", senders or _distinct(one.device for one in matched)), *keys, Step("papers"))
    if state == NOT_ASSESSABLE:
        return (Step(f"again_{why}"),)
    if state == INSIDE_ONLY:
        return (Step("where_stored"), Step("longer"), *keys)
    return (Step("longer"), *keys)


def _contact(case: Source, parties: Parties) -> Contact | None:
    """Return which device sent most data to the internet, and to which hosts."""
    sent: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in case.table("flows", ["client_ip", "server_ip", "server_name", "payload_up", "missing_up"]).to_pylist():
        if row["server_ip"] in parties.outside and row["client_ip"] not in parties.outside:
            host = row["server_ip"], row["server_name"] or ""
            sent[row["client_ip"]][host] += (row["payload_up"] or 0) + (row["missing_up"] or 0)
    device = max(sent, key=lambda one: sent[one].total(), default="")
    if not device or not sent[device].total():
        return None
    hosts = [parties.host(*host) for host, n in sent[device].most_common() if n]
    return Contact(parties.device(device), tuple(dict.fromkeys(hosts)))


def _distinct(parties: object) -> tuple[Party, ...]:
    return tuple(dict.fromkeys(parties))[:MOST_PARTIES]  # type: ignore[call-overload]

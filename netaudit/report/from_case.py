"""The door from a case to its report: one self-contained HTML file.

The file loads nothing from anywhere: styles, thumbnails and one script of our own (sorting, filtering, folding) are
inside, and a content security policy that names the hash of that script forbids the rest. All of it can be read without
the script. Beside it lies an annex with every frame. The same case gives the same files.

The report's templates as jinja compiles them, kept in the user's cache: filling them in takes less time.
"""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2

from netaudit.core.storage.files import write_whole
from netaudit.core.system.user_cache import keep, recalled
from netaudit.errors import CaseError
from netaudit.evidence.case.report_status import FRAMES, moment
from netaudit.findings.ledgers import exits
from netaudit.report import (
    frames_annex,
    reading,
    sections_checking,
    sections_counts,
    sections_devices,
    sections_endpoints,
    sections_events,
    sections_findings,
    sections_images,
    sections_matrix,
    sections_method,
    sections_moments,
    sections_persons,
    sections_relays,
    sections_scope,
    sections_summary,
)
from netaudit.report.judgements import Judgements
from netaudit.report.reasons import Reasons
from netaudit.report.span import span
from netaudit.report.timeline import timeline
from netaudit.report.topology import topology
from netaudit.report.wording import Wording, is_zone
from netaudit.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket
    from markupsafe import Markup

    from netaudit.evidence.case.decisions import Decision
    from netaudit.evidence.case.report_status import Moment
    from netaudit.report.reading import CaseLike
    from netaudit.report.sections_images import Pictures

FRONT = ("summary", "transfers")  # page 1, and page 2 with what follows it
OPEN = (*FRONT, "gallery", "devices", "facts")  # printed by default; all other sections are annexes, folded
SECTIONS = (
    *FRONT, "gallery", "devices", "scope", "vantage", "findings", "encrypted", "relays", "moments", "events",
    "persons", "topology", "matrix", "timeline", "endpoints", "images", "clock", "method", "checking", "legal",
    "facts",
)  # fmt: skip


def write_report(
    case: CaseLike,
    path: Path,
    lang: str,
    unmask: bool = False,  # noqa: FBT001, FBT002
    zone: str | None = None,
    recipient: str = "",
) -> Path:
    """Write the report of `case` to `path`, its annex beside it, and give the path back.

    `unmask` shows clear faces, and is noted in the case; every page then says so, and for whom it is (`recipient`).
    Times are in `zone`, else in that of the audit, else at the offset that the devices state, else UTC. A reader sees
    the old file or the whole new one. Raises OSError when it cannot be written, ValueError for an unknown language or
    zone.
    """
    written_at(case, path, lang, unmask=unmask, zone=zone, recipient=recipient)
    return path


def written_at(
    case: CaseLike, path: Path, lang: str, *, unmask: bool = False, zone: str | None = None, recipient: str = ""
) -> Moment:
    """`write_report`, which gives the moment of which the report tells: with it, it can be rendered again."""
    if lang not in ("zh", "en"):
        raise ValueError(f"no such language: {lang}")
    if zone and not is_zone(zone):
        raise ValueError(f"no such time zone: {zone}")
    if unmask:
        case.log_unmasking(f"report {path.name}" + (f", for {recipient}" if recipient else ""))
    beside = frames_annex.annex_path(path)
    at = moment(case.folder)
    html, frames = rendered(case, lang, at, unmask=unmask, zone=zone, recipient=recipient, annex=beside.name)
    write_whole(beside, frames)
    write_whole(path, html)
    return at


def rendered(
    case: CaseLike,
    lang: str,
    at: Moment,
    *,
    unmask: bool = False,
    zone: str | None = None,
    recipient: str = "",
    annex: str = FRAMES,
    pictures: Pictures | None = None,
) -> tuple[bytes, bytes]:
    """The report and its annex, as `write_report` writes them at that moment.

    `pictures` gives thumbnails (JPEG, by SHA-256) where the case itself has none.
    """
    shown, frames = _views(case, lang, at, pictures, unmask=unmask, zone=zone, annex=annex, recipient=recipient)
    return render(shown, lang).encode("utf-8", "replace"), frames


def view(case: CaseLike, lang: str, *, unmask: bool = False, zone: str | None = None) -> dict[str, Any]:
    """All that the template shows, as plain text and numbers already masked, made visible and capped."""
    return _views(case, lang, moment(case.folder), None, unmask=unmask, zone=zone, annex=FRAMES)[0]


def _views(
    case: CaseLike,
    lang: str,
    at: Moment,
    pictures: Pictures | None,
    *,
    unmask: bool,
    zone: str | None,
    annex: str,
    recipient: str = "",
) -> tuple[dict[str, Any], bytes]:
    """The view, and the bytes of the annex."""
    manifest = case.manifest
    w = Wording(lang, zone or case.zone, unmask=unmask)
    judged = Judgements(case)
    hosts = sections_endpoints.Hosts(case, w)
    captures = {
        row["capture_id"]: w.exact(row["name"], 80)
        for row in reading.rows(case.table("captures"), "capture_id", "name")
    }
    scope = sections_scope.scope(case, w)
    decided, problem = _decisions(case, at)
    order = sections_images.turns(judged)
    with ThreadPoolExecutor(1) as beside:
        made = beside.submit(sections_images.thumbnails, pictures or sections_images.kept(case, w), order)
        shown = {
            "t": w.t,
            "lang": lang,
            "unmask": unmask,
            "banner": _banner(recipient, w) if unmask else "",
            "banner_css": css_text(_banner(recipient, w)) if unmask else "",
            "run": sections_method.run(case, w, at),
            "sections": [(name, number) for number, name in enumerate(SECTIONS, 1)],
            "front": FRONT,
            "open": OPEN,
            "script": script(),
            "script_hash": script_hash(),
            "annex": annex,
            "head": head(case, w) | {"captured": _captured(case, w), "made": w.made(at.made)},
            "summary": sections_summary.summary(case, judged, w),
            "checking": sections_checking.checking(case, w, at),
            "scope": scope,
            "live": sections_method.live(case, w),
            "vantage": sections_scope.vantage(case, w),
            "certainty": w.t.group("certainty"),
            "findings": sections_findings.findings(judged, hosts, captures, w, at),
            "encrypted": sections_findings.encrypted(judged, hosts, captures, w),
            "counts": sections_counts.counts(case, hosts, w),
            "relays": sections_relays.relays(case, hosts, captures, w),
            "moments": sections_moments.moments(case, hosts, w),
            "ties": sections_counts.ties(case, hosts, w),
            "events": sections_events.events(case, hosts, captures, w),
            "persons": sections_persons.persons(case, w),
            "topology": topology(case, judged, hosts, w),
            "devices": sections_devices.devices(hosts.devices, judged, captures, w, Reasons(case, w), decided),
            "decisions_problem": w.exact(problem, 300),
            "matrix": sections_matrix.matrix(judged, hosts, w),
            "timeline": timeline(case, judged, hosts, w),
            "endpoints": sections_endpoints.endpoints(hosts, judged),
            "images": sections_images.images(case, w),
            "clock": sections_scope.clock(manifest, w),
            "options": sections_scope.options(manifest, w),
            "signatures": sections_scope.signatures(manifest, w),
            "measured": sections_method.measured(case, judged, w),
            "methods": list(w.t.group("method").values()),
            "limits": [*w.t.group("limit").values(), *sections_method.applying(case, w)],
            "facts": w.t.group("fact"),
            "duties": sections_findings.duties(case, judged, w),
        }
        frames = frames_annex.annex(case, judged, captures, w)
        gallery = sections_images.gallery(case, order, made.result(), w)
    pictures_of = sections_images.by_finding(gallery["tiles"])
    shown |= {"gallery": gallery, "pictures": pictures_of}
    return shown, frames


def _banner(recipient: str, w: Wording) -> str:
    """What every page of an unmasked report says."""
    to = w.t("unmasked_for", to=w.exact(recipient, 80)) if recipient else w.t("unmasked_for_nobody")
    return f"{w.t('unmasked_page')} · {to}"


def css_text(text: str) -> Markup:
    """A text as a string of CSS, with everything escaped that could end it or the style sheet."""
    from markupsafe import Markup

    return Markup('"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"')  # noqa: S704


def _captured(case: CaseLike, w: Wording) -> str:
    """The period of the captures; empty without a packet."""
    rows = reading.rows(case.table("captures"), "first_ts", "last_ts")
    first = min((row["first_ts"] for row in rows if row["first_ts"] is not None), default=None)
    last = max((row["last_ts"] for row in rows if row["last_ts"] is not None), default=None)
    return span(first, last, w) if first is not None else ""


def _decisions(case: CaseLike, at: Moment) -> tuple[dict[str, Decision], str]:
    """What analysts decided, by device; a file that was tampered with gives nothing but the problem."""
    try:
        return case.decided(at.lines), ""
    except CaseError as error:
        return {}, str(error)


def head(case: CaseLike, w: Wording) -> dict[str, Any]:
    """Title block: site, when and with what it was audited."""
    manifest = case.manifest
    return {
        "site": w.exact(manifest.get("site"), 200),
        "created": w.exact(manifest.get("created_utc"), 60) or w.t("created_elsewhere"),
        "version": w.exact(manifest.get("netaudit_version") or __version__, 60),
        "tables": w.exact(manifest.get("tables_version"), 20),
        "zone": w.zone_line(),
        "unjudged": bool(exits(case.table("ledgers"))),
        "partial": bool(manifest.get("partial")),
    }


def script() -> str:
    """The script in the page, which `netaudit browse` serves too."""
    return resources.files("netaudit.report").joinpath("static/lists.js").read_text(encoding="utf-8")


def script_hash() -> str:
    """What the content security policy of the page names: of the element as the template writes it."""
    return base64.b64encode(hashlib.sha256(f"\n{script()}\n".encode()).digest()).decode()


def render(shown: dict[str, Any], lang: str) -> str:
    """HTML of a view; every value is escaped."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    from netaudit.core.system.user_cache import cache_folder
    from netaudit.report.from_case import Kept

    environment = Environment(
        loader=ChoiceLoader([PackageLoader("netaudit.report"), PackageLoader("netaudit.report", "static")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=Kept(cache_folder()),
    )
    return environment.get_template("report.html.j2").render(shown, html_lang="zh-CN" if lang == "zh" else "en")


class Kept(jinja2.BytecodeCache):
    """Files in a folder; what cannot be read is compiled again, what cannot be written is not kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, bucket: Bucket) -> Path:
        """One file for each template and edition: how the environment is set up is compiled into it."""
        return self._folder / f"{bucket.key}.{jinja2.__version__}.{__version__}.html"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the compiled template where it was made of the same source, by the same versions."""
        if (kept := recalled(self._path(bucket))) is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        keep(self._path(bucket), bucket.bytecode_to_string())

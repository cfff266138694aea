"""What is the same on every page: who asks, in which language, and the HTML that is made of a view."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from netaudit.browse.rooms import GROUPS
from netaudit.browse.texts import say
from netaudit.errors import UsageError
from netaudit.evidence.case.report_status import stale
from netaudit.report import wording
from netaudit.report.column_words import heading
from netaudit.report.wording import Wording

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request

    from netaudit.browse.shelf import Book, Shelf

STATIC = Path(__file__).with_name("static")
SHARED = Path(wording.__file__).with_name("static")  # what the report has in its page
LANGUAGES = ("zh", "en")
MOST_BODY = 1 << 16  # bytes of a form
MOST_VALUE = 300  # characters of a filter
LAST = 10**9  # rows: no page begins later


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on a case: its pages lie below `home`, its language is `lang`."""

    request: Request
    number: int
    book: Book
    mount: str
    lang: str

    @property
    def home(self) -> str:
        """Path of the case."""
        return f"{self.mount}/c/{self.number}"

    @property
    def w(self) -> Wording:
        """Words and times of the case; always masked."""
        return _wording(self.lang, str((self.book.case.manifest.get("options") or {}).get("zone") or ""))

    def get(self, name: str, limit: int = MOST_VALUE) -> str:
        """A parameter of the address; empty where it is not given."""
        return self.request.query_params.get(name, "")[:limit]

    def count(self, name: str) -> int:
        """A number from 0 on; 0 for anything else."""
        text = self.get(name, 10)
        return min(int(text), LAST) if text.isascii() and text.isdigit() else 0

    def with_(self, **changed: object) -> str:
        """The address of this page with some parameters changed; None takes one away."""
        kept = {key: value[:MOST_VALUE] for key, value in self.request.query_params.items() if key != "lang"}
        kept |= {key: str(value) for key, value in changed.items()}
        return "?" + urlencode({key: value for key, value in kept.items() if value not in ("", "None")})


@functools.lru_cache(maxsize=64)
def _wording(lang: str, zone: str) -> Wording:
    return Wording(lang, zone or None)


def asked(request: Request) -> Asked:
    """Who asks for what. Raises CaseError where the case is none."""
    shelf: Shelf = request.app.state.shelf
    number = int(request.path_params.get("case", 0))
    return Asked(request, number, shelf.book(number), request.app.state.mount, language(request))


def language(request: Request) -> str:
    """As asked for in the address, else as before, else that of the command line."""
    for lang in (request.query_params.get("lang"), request.cookies.get("lang")):
        if lang in LANGUAGES:
            return lang
    lang = request.app.state.lang
    return str(lang)


def show(who: Asked, template: str, title: str, **view: Any) -> Response:
    """A page of a case."""
    return page(
        who.request,
        template,
        title,
        home=who.home,
        rooms=GROUPS,
        stale=stale(who.book.case.folder),
        name=_name(who),
        **view,
    )


def _name(who: Asked) -> str:
    manifest = who.book.case.manifest
    return who.w.exact(manifest.get("site") or who.book.case.folder.name, 60)


def page(request: Request, template: str, title: str, code: int = 200, **view: Any) -> Response:
    """A page; every value is escaped."""
    lang = language(request)
    view = {"home": "", "rooms": {}, "name": "netaudit", "here": "", **view}
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    other = "en" if lang == "zh" else "zh"
    html = (
        environment()
        .get_template(template)
        .render(
            view,
            title=title,
            lang=lang,
            words=_wording(lang, "").t,
            mount=request.app.state.mount,
            several=len(request.app.state.shelf.folders) > 1 or bool(request.app.state.shelf.sites),
            other="?" + urlencode([*query, ("lang", other)]),
            say=lambda key, **figures: say(key, lang, **figures),
            heading=lambda column: heading(column, lang),
        )
    )
    answer = HTMLResponse(html, code)
    if request.query_params.get("lang") == lang:
        answer.set_cookie("lang", lang, path=request.app.state.mount + "/", httponly=True, samesite="strict")
    return answer


@functools.cache
def environment() -> Environment:
    """The templates."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader("netaudit.browse"), PackageLoader("netaudit.report")]),  # shared pieces
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def form(request: Request) -> dict[str, str]:
    """Fields of a form. Raises UsageError for one that is too long or none."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BODY:
            raise UsageError("the form is too long")
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise UsageError("no form")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))


def away(path: str) -> Response:
    """To another of our pages."""
    return RedirectResponse(path, 303)

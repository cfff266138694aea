"""The pages of `netaudit browse` by their addresses, and the server that gives them to this computer only."""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from netaudit.browse import about, comparing, deciding, lists, views, ways
from netaudit.browse import request as conversing
from netaudit.browse.access import Gate
from netaudit.browse.page import SHARED, STATIC, asked, away, form, language, page
from netaudit.browse.texts import say
from netaudit.core.masking.mask import visible
from netaudit.errors import CaseError, UsageError
from netaudit.report.cells import SHA256

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from netaudit.browse.shelf import Shelf

LOOPBACK = "127.0.0.1"


def application(shelf: Shelf, mount: str, lang: str) -> Starlette:
    """All pages below `mount`. Whoever asks was let in by `Gate`."""
    case = [
        Route("/", views.verdict),
        Route("/verdict", views.verdict),
        Route("/gallery", views.gallery),
        Route("/timeline", views.timeline),
        Route("/topology", ways.topology),
        Route("/journeys", ways.journeys),
        Route("/decide/{device:str}", decide, methods=["POST"]),
        Route("/search", views.search),
        Route("/tables", views.tables),
        Route("/image/{sha256:str}", views.image),
        Route("/message/{message:str}", conversing.message),
        Route("/follow/{flow:str}", conversing.follow),
        Route("/about", about.about),
        Route("/image/{sha256:str}/unmask", unmask, methods=["POST"]),
        Route("/thumbnail/{sha256:str}", thumbnail),
        Route("/masked/{sha256:str}", masked),
        Route("/clear/{ticket:str}", clear),
        Route("/review/{finding:str}", review, methods=["POST"]),
        Route("/packets/{finding:str}", packets, methods=["POST"]),
        Route("/table/{table:str}", lists.table),
        Route("/row/{table:str}/{row:int}", lists.row),
        Route("/find/{table:str}/{column:str}", lists.find),
        Route("/{room:str}", lists.room),
    ]
    routes = [
        Route("/", start),
        Route("/compare", comparing.compare),
        Mount("/static/shared", StaticFiles(directory=SHARED)),
        Mount("/static", StaticFiles(directory=STATIC)),
        Mount("/c/{case:int}", routes=case),
    ]
    app = Starlette(
        routes=[Mount(mount, routes=routes)],
        exception_handlers={CaseError: failed, UsageError: failed, 404: missing, 405: missing},
    )
    app.state.shelf, app.state.mount, app.state.lang = shelf, mount, lang
    return app


def start(request: Request) -> Response:
    """The case, the overview of a campaign, or the cases to choose from."""
    shelf: Shelf = request.app.state.shelf
    overview = shelf.overview(language(request))
    if overview is not None:
        return page(request, "campaign.html.j2", say("campaign", language(request)), told=overview, numbers=shelf.sites)
    if len(shelf.folders) == 1:
        return away(f"{request.app.state.mount}/c/0/verdict")
    lang = language(request)
    return page(request, "cases.html.j2", say("cases", lang), told=comparing.overview(shelf, lang))


def failed(request: Request, error: Exception) -> Response:
    """What cannot be shown, in a line."""
    lang = language(request)
    if str(error) == "not found":
        return missing(request, error)
    status = 400 if isinstance(error, UsageError) else 409
    title = say("problem", lang)
    text = request.app.state.shelf.error_text(error, lang)
    return page(request, "problem.html.j2", title, status, problem=visible(text, 500))


def missing(request: Request, error: Exception) -> Response:
    """No such page."""
    lang = language(request)
    status = getattr(error, "status_code", 404)
    return page(request, "problem.html.j2", say("not_found", lang), status, problem="")


def thumbnail(request: Request) -> Response:
    """A small pixelated picture."""
    return _picture(asked(request).book.pictures.thumbnail(_digest(request)))


def masked(request: Request) -> Response:
    """A pixelated picture."""
    return _picture(asked(request).book.pictures.masked(_digest(request)))


def clear(request: Request) -> Response:
    """A clear picture, for a ticket, once."""
    return _picture(asked(request).book.pictures.clear(request.path_params["ticket"]))


def _picture(data: bytes | None) -> Response:
    return Response(data, media_type="image/jpeg") if data else Response("no picture", 404, media_type="text/plain")


def _digest(request: Request) -> str:
    digest: str = request.path_params["sha256"]
    if not SHA256.fullmatch(digest):
        raise CaseError("not found")
    return digest


async def unmask(request: Request) -> Response:
    """Note an unmasking, then show the picture."""
    fields = await form(request)

    def noted() -> Response:
        digest = _digest(request)
        reason = visible(fields.get("reason", ""), 300).strip()
        if not reason:
            raise UsageError("say why")
        return views.image(request, asked(request).book.pictures.unmask(digest, reason))

    return await run_in_threadpool(noted)


async def review(request: Request) -> Response:
    """Note what somebody says of a finding."""
    fields = await form(request)
    return await run_in_threadpool(lambda: lists.review(asked(request), request.path_params["finding"], fields))


async def decide(request: Request) -> Response:
    """Note what an analyst decides about a device."""
    fields = await form(request)
    return await run_in_threadpool(lambda: deciding.note(asked(request), request.path_params["device"], fields))


async def packets(request: Request) -> Response:
    """The packets of a finding as a file; the copy made for it goes when it was sent."""
    await form(request)
    identity = request.path_params["finding"]
    folder = Path(tempfile.mkdtemp(prefix="netaudit-"))
    try:
        out = await run_in_threadpool(
            lambda: views.packets(asked(request), identity, request.app.state.shelf.captures, folder)
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    name = "".join(char for char in identity if char.isascii() and char.isalnum())[:40]
    gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(out, media_type="application/x-pcapng", filename=f"{name}.pcapng", background=gone)


def serve(shelf: Shelf, lang: str, opened: Callable[[str], None], on_address: Callable[[str], None]) -> None:
    """Serve until the process is interrupted; `opened` is given the address, `on_address` each further one."""
    import uvicorn

    from netaudit.browse.impatience import Impatient

    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        host = f"{LOOPBACK}:{listening.getsockname()[1]}"
        mount = "/" + secrets.token_hex(8)
        gate = Gate(application(shelf, mount, lang), host, mount, on_address)
        config = uvicorn.Config(
            gate,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            http=Impatient,
        )
        listening.listen(64)
        opened(gate.address)
        uvicorn.Server(config).run(sockets=[listening])

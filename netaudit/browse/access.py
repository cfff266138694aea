"""Who is let in: the browser that was given the token, by the address that was given, from our own pages.

Other users of the computer have no token; pages of other sites have no cookie that goes with what they send (SameSite),
name themselves as Origin, or, having had their name point to this computer (DNS rebinding), come with their own Host.
The cookie holds below a path that is drawn anew each time, so a program on another port is not sent it. A token works
once, since it could be read in the list of processes; then another one is told.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "netaudit"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SAFE = frozenset({"GET", "HEAD"})


class Gate:
    """Lets requests through to `app` that have a right to it; `on_address` is given each new address with a token."""

    def __init__(self, app: ASGIApp, host: str, mount: str, on_address: Callable[[str], None]) -> None:
        self._app, self._host, self._mount, self._on_address = app, host, mount, on_address
        self._cookie = secrets.token_urlsafe(32)
        self._token = ""
        self.address = self._fresh()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have answered, one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks WebSocket
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *((key, value) for key, value in message.get("headers", ()) if key.lower() != b"server"),
                    *((key.lower().encode(), value.encode()) for key, value in HEADERS.items()),
                ]
            await send(message)

        answer = self._refused(Request(scope))
        await (answer or self._app)(scope, receive, guarded)

    def _refused(self, request: Request) -> Response | None:
        hosts = request.headers.getlist("host")
        origins = request.headers.getlist("origin")
        if hosts != [self._host]:
            return PlainTextResponse("wrong host", 421)
        if any(origin != f"http://{self._host}" for origin in origins):
            return PlainTextResponse("wrong origin", 403)
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return PlainTextResponse("wrong site", 403)
        if request.method not in SAFE and (request.method != "POST" or len(origins) != 1):
            return PlainTextResponse("wrong origin", 403)
        if not request.url.path.startswith(self._mount + "/"):
            return PlainTextResponse("not found", 404)
        if "token" in request.query_params and request.method == "GET":
            return self._entered(request)
        if not _same(request.cookies.get(COOKIE, ""), self._cookie):
            return PlainTextResponse("no token: open the address that netaudit printed last", 403)
        return None

    def _entered(self, request: Request) -> Response:
        if not _same(request.query_params["token"], self._token):
            return PlainTextResponse("this address has been used: open the one that netaudit printed last", 403)
        self._on_address(self._fresh())
        answer = RedirectResponse(self._mount + "/", 303)
        answer.set_cookie(COOKIE, self._cookie, path=self._mount + "/", httponly=True, samesite="strict")
        return answer

    def _fresh(self) -> str:
        self._token = secrets.token_urlsafe(24)
        self.address = f"http://{self._host}{self._mount}/?token={self._token}"
        return self.address


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())

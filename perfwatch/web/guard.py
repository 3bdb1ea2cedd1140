"""What every request must be like, and what every answer says: the pages' outer wall.

The pages are for one person at one machine, and have no log-in. Another site's page in the same
browser can make it send requests here, and a name that its owner points at this machine
(DNS rebinding) would make the answers readable to that page: hence the check of the name that
was asked for. This module must not look anything up and must not read the store.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse

from perfwatch.report.html import own_scripts
from perfwatch.web.links import Links
from perfwatch.web.pages import error_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
#: Longer addresses are nobody's who follows a link of ours.
PATH_LIMIT, QUERY_LIMIT = 4_000, 4_000
_READING = ("GET", "HEAD")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
#: A name or an address in brackets, and a port.
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::\d{1,5})?", re.ASCII)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_POLICY = "default-src 'none'; {scripts}style-src {styles}; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What is let in: names that the pages may be asked under, and the path that a proxy serves them below."""

    hosts: frozenset[str]
    root_path: str = ""


def allowed(bound: str, more: Iterable[str] = (), root_path: str = "") -> Allowed:
    """Return what is let in for pages that are bound to a name or address, with ``more`` names."""
    names = {*LOOPBACK_NAMES, bound, *more}
    trimmed = root_path.strip("/")
    return Allowed(
        hosts=frozenset(_plain(name) for name in names if name),
        root_path=f"/{trimmed}" if trimmed else "",
    )


def _plain(name: str) -> str:
    return name.strip("[]").rstrip(".").lower()


def page_response(text: str, status: int = 200) -> HTMLResponse:
    """Return a page whose policy lets in the very styles it holds, by their digest, and no script at all."""
    found = _STYLE.search(text)
    digest = hashlib.sha256((found.group(1) if found else "").encode()).digest()
    styles = f"'sha256-{base64.b64encode(digest).decode()}'"
    return HTMLResponse(text, status, {"Content-Security-Policy": _POLICY.format(scripts="", styles=styles)})


def report_response(text: str) -> HTMLResponse:
    """Return a report: its policy lets in style attributes, which its shades and bars are, and our own scripts by their digests."""
    policy = _POLICY.format(scripts=own_scripts().policy, styles="'unsafe-inline'")
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})


def refusal(status: int, title: str, *sentences: str, links: Links | None = None) -> HTMLResponse:
    """Return a plain page that says why there is no other."""
    return page_response(error_page(title, sentences, links or Links()), status)


class Guard:
    """Lets in what may be answered, takes a proxy's path off, and adds the headers of every answer."""

    def __init__(self, app: ASGIApp, let_in: Allowed) -> None:
        self._app = app
        self._let_in = let_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
            await send(message)

        answer = self._refused(scope) or self._app
        await answer(scope, receive, with_headers)

    def _refused(self, scope: Scope) -> ASGIApp | None:
        """Return the refusal of a request, ``None`` where it is let in; its path is then without the proxy's."""
        if not self._is_known(Headers(scope=scope).get("host", "")):
            return refusal(
                421,
                "Not this server",
                "These pages answer only under the names that they were started for.",
                "Another name is let in with: perfwatch browse --allow-host NAME",
            )
        if scope["method"] not in _READING:
            answer = refusal(405, "Pages are only read here", "Nothing can be changed through this address.")
            answer.headers["Allow"] = ", ".join(_READING)
            return answer
        if len(scope["path"]) > PATH_LIMIT or len(scope["query_string"]) > QUERY_LIMIT:
            return refusal(414, "This address is too long", "No link of these pages is like that.")
        return self._without_root_path(scope)

    def _is_known(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        return found is not None and _plain(found["name"]) in self._let_in.hosts

    def _without_root_path(self, scope: Scope) -> ASGIApp | None:
        root = self._let_in.root_path
        if root and scope["path"] == root:
            return RedirectResponse(f"{root}/")
        if root and scope["path"].startswith(f"{root}/"):
            scope["path"] = scope["path"].removeprefix(root)
            scope["raw_path"] = scope.get("raw_path", b"").removeprefix(root.encode())
        return None

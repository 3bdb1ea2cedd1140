"""Which address shows what, over what the store holds at that moment.

Every id and name in an address is looked up in the store; none becomes a path. This module must
not change anything: it is given a store that was opened to read.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from perfwatch import pipeline
from perfwatch.config import Config
from perfwatch.errors import NotComparable, PerfwatchError, StoreError, UsageError
from perfwatch.pipeline import browsing
from perfwatch.pipeline.held import hold_stored
from perfwatch.records.comparison import Verdict
from perfwatch.records.history import RunFilter
from perfwatch.report.json_file import render_json
from perfwatch.store import Store
from perfwatch.web import benchmarks_view, pages, runs_view
from perfwatch.web.compare_view import SideView, asking, compare_view, refused_view, side_view
from perfwatch.web.guard import Allowed, Guard, page_response, refusal, report_response
from perfwatch.web.links import COMMITS, DATES, Links

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from perfwatch.pipeline.held import Held, HeldSides

#: More pages than a store can fill; a longer number is nobody's who follows a link of ours.
_PAGES_LIMIT = 1_000_000
_FIRST, _BELOW = Links(), Links(up="../")
_DATE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Pages:
    """The answers, one method an address."""

    config: Config
    store: Store
    #: Drawing reports uses settings that threads share.
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    def runs(self, request: Request) -> Response:
        """Answer with the list of runs."""
        wanted = _filter_of(request)
        first = (_page_of(request) - 1) * runs_view.PAGE_SIZE
        try:
            found = self.store.run_page(wanted, first=first, count=runs_view.PAGE_SIZE)
        except ValueError as error:
            raise HTTPException(400, "A day is written like 2026-01-31.") from error
        if first and first >= found.matching_count:
            raise HTTPException(404, "The list has no such page.")
        return page_response(pages.runs_page(runs_view.runs_view(found, wanted, first, _FIRST)))

    def run(self, request: Request) -> Response:
        """Answer with a run's report."""
        with self._drawing:
            report = pipeline.report(request.path_params["run_id"], self.config, self.store)
            return report_response(pages.run_page(report, _BELOW))

    def document(self, request: Request) -> Response:
        """Answer with a run's report as a document."""
        report = pipeline.report(request.path_params["run_id"], self.config, self.store)
        return Response(render_json(report), media_type="application/json")

    def benchmarks(self, _request: Request) -> Response:
        """Answer with the list of benchmarks."""
        view = benchmarks_view.benchmarks_view(self.store.benchmarks(), _BELOW)
        return page_response(pages.benchmarks_page(view))

    def history(self, request: Request) -> Response:
        """Answer with one benchmark's history; one that is asked for by its name is led to it."""
        asked = request.path_params["name"]
        if not self.store.benchmarks(slug=asked):
            return self._called(asked, request)
        first = (_page_of(request) - 1) * benchmarks_view.PAGE_SIZE
        over = request.query_params.get("over", DATES)
        if over not in {DATES, COMMITS}:
            raise HTTPException(400, f"A history is drawn over {DATES} or over {COMMITS}.")
        history = browsing.history(asked, self.store)
        if first and first >= sum(len(lane.points) for lane in history.lanes):
            raise HTTPException(404, "The history has no such page.")
        return page_response(pages.history_page(benchmarks_view.history_view(history, first, over, _BELOW)))

    def _called(self, name: str, request: Request) -> Response:
        found = browsing.called(name, self.store)
        # A name may hold slashes, each of which is a step further down.
        steps = request.scope["raw_path"].decode("ascii", "replace").count("/") - 2
        if len(found) == 1:
            return RedirectResponse(f"{'../' * steps}{found[0].slug}", 302)
        view = benchmarks_view.benchmarks_view(found, Links(up="../" * (steps + 1)))
        return page_response(pages.benchmarks_page(view))

    def compare(self, request: Request) -> Response:
        """Answer with two runs beside each other, or ask which."""
        base, head = (request.query_params.get(name, "").strip() for name in ("base", "head"))
        if not (base and head):
            return page_response(pages.compare_page(asking(base, head, _FIRST)))
        across = request.query_params.get("across_machines", "") == "1"
        sides = hold_stored((base, head), self.store)
        shown = _sides(sides, (base, head))
        try:
            report, _ = pipeline.compared(sides, (self.config, None), across_machines=across)
        except NotComparable as error:
            return page_response(pages.compare_page(refused_view(error, shown, _FIRST)))
        return page_response(pages.compare_page(compare_view(report, shown, _FIRST)))


def application(config: Config, store: Store, let_in: Allowed) -> ASGIApp:
    """Return the pages as an ASGI application; ``store`` is one that was opened to read."""
    shown = Pages(config, store)
    routes = [
        Route("/", shown.runs, name="runs"),
        Route("/runs/{run_id:str}.json", shown.document, name="document"),
        Route("/runs/{run_id:str}", shown.run, name="run"),
        Route("/runs", lambda _: RedirectResponse("./"), name="up"),
        Route("/benchmarks/", shown.benchmarks, name="benchmarks"),
        Route("/benchmarks", lambda _: RedirectResponse("benchmarks/"), name="below"),
        Route("/benchmarks/{name:path}", shown.history, name="history"),
        Route("/compare", shown.compare, name="compare"),
    ]
    handlers = {HTTPException: _not_there, PerfwatchError: _in_words, Exception: _crashed}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Guard(app, let_in)


def _page_of(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 7 and 1 <= int(text) <= _PAGES_LIMIT):
        raise HTTPException(400, "A page's number counts from 1.")
    return int(text)


def _filter_of(request: Request) -> RunFilter:
    asked = {name: request.query_params.get(name, "") for name in ("target", "branch", "since", "until")}
    word = request.query_params.get("verdict", "")
    if word not in {"", *Verdict}:
        raise HTTPException(400, f"A verdict is one of {', '.join(Verdict)}.")
    if any(len(asked[name]) not in {0, _DATE_LENGTH} for name in ("since", "until")):
        raise HTTPException(400, "A day is written like 2026-01-31.")
    return RunFilter(verdict=Verdict(word) if word else None, **asked)


def _sides(sides: HeldSides, names: tuple[str, str]) -> tuple[SideView, SideView]:
    base, head = (
        side_view(side, held.run, _read(name, held), _FIRST)
        for side, held, name in (("base", sides.base, names[0]), ("head", sides.head, names[1]))
    )
    return base, head


def _read(name: str, held: Held) -> str:
    """Say so where a name could mean another run, as the verb does."""
    if held.resolved is None or not held.resolved.tried:
        return ""
    return f"{name} is read as {held.resolved.reading}; tried in this order: {', '.join(held.resolved.tried)}"


def _above(request: Request) -> Links:
    """Return links from an address that may lie anywhere below the first page."""
    steps = request.scope.get("raw_path", b"/").decode("ascii", "replace").count("/") - 1
    return Links(up="../" * max(0, steps))


def _not_there(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    if status == 404 and detail == "Not Found":
        detail = "Nothing has this address."
    title = {404: "Not found", 400: "Not understood"}.get(status, "Not answered")
    return refusal(status, title, detail, links=_above(request))


def _in_words(request: Request, error: Exception) -> Response:
    """Answer an error that has a message for a person; what it advises is for the command line, and helps here too."""
    status, title = 500, "Not answered"
    if isinstance(error, UsageError):
        status, title = 404, "Not found"
    elif isinstance(error, StoreError):
        status, title = 503, "The store cannot be read"
    sentences = (
        (error.happened, error.means, error.do) if isinstance(error, PerfwatchError) else (str(error),)
    )
    return refusal(status, title, *(_bounded(one) for one in sentences), links=_above(request))


def _crashed(request: Request, _error: Exception) -> Response:
    return refusal(
        500,
        "perfwatch itself failed",
        "This page could not be made; nothing stored is lost. The terminal that perfwatch browse runs in shows why.",
        "Please report what it shows.",
        links=_above(request),
    )


def _bounded(text: str) -> str:
    from perfwatch.report.visible import visible

    return visible(text, 600)

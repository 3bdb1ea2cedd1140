"""Stores for the pages, the pages over them, and what a page is made of."""

from __future__ import annotations

import warnings
from dataclasses import replace
from html.parser import HTMLParser

from builders import make_benchmark, make_environment, make_header, make_pass_result, make_target

from perfwatch.config import load_config
from perfwatch.records.comparison import Summary
from perfwatch.records.run import Commit, PassName, RunState
from perfwatch.store import open_store, open_to_read
from perfwatch.web.guard import allowed
from perfwatch.web.server import application

with warnings.catch_warnings():
    # Starlette 1 prefers httpx2 and says so; older ones know httpx alone.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


def database(folder):
    return folder / ".perfwatch" / "perfwatch.db"


def header_of(number, **changes):
    """A header of the given number: two a day from the first of January 2026 on."""
    day, hour = divmod(number, 2)
    at = f"2026-01-{day + 1:02d}T{9 + 3 * hour:02d}:00:00Z"
    header = make_header(
        id=at[:19].replace("-", "").replace(":", "") + f"-{number:04x}",
        started_at=at,
        commit=Commit(
            revision=f"{number:07x}" + "0" * 33, branch="main" if number % 2 else "work", dirty=False
        ),
        code_digest=f"c{number}",
    )
    return replace(header, **changes)


def put(store, header, *names, per_call_ns=1_000_000.0, summary=None):
    """Store a run with a time of each name."""
    target = header.targets[0].key
    benchmarks = tuple(
        make_benchmark(name, per_call_ns * (place + 1), target=target)
        for place, name in enumerate(names or ("fit",))
    )
    store.begin(header)
    store.save_pass(header.id, make_pass_result(PassName.TIMING, target=target, benchmarks=benchmarks))
    store.finish(header.id, RunState.COMPLETE, 5)
    if summary is not None:
        store.save_summary(header.id, summary)
    return header.id


def fill(folder, count):
    """Store so many runs, every third of another machine; the newest is the second to have two benchmarks."""
    with open_store(database(folder)) as store:
        for number in range(count):
            other = number % 3 == 2
            environment = make_environment(key="e2", processor="Other CPU") if other else make_environment()
            header = header_of(number, environment=environment, project_root=str(folder))
            names = ("fit", "load") if number in {0, count - 1} else ("fit",)
            put(
                store,
                header,
                *names,
                per_call_ns=1e6 + number * 1e3,
                summary=Summary(slower=int(number == 1), same=1),
            )
        return [row.id for row in store.runs()]


class Shown:
    """The pages over a store, asked as a browser on this machine would."""

    def __init__(self, folder, **let_in):
        self.store = open_to_read(database(folder))
        config = load_config(folder, {})
        self.app = application(config, self.store, allowed("127.0.0.1", **let_in))
        self.client = TestClient(
            self.app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False, follow_redirects=False
        )

    def get(self, path, **options):
        return self.client.get(path, **options)


class Elements(HTMLParser):
    """What a page is made of: its elements, attributes, links, and the text that is read."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.links, self.texts = set(), set(), [], []
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self._style = tag == "style"
        for name, value in attrs:
            self.attributes.add(name)
            if name in {"href", "action", "src"}:
                self.links.append(value)

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        if not self._style:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def hostile_header(number, text):
    """A header in which whatever comes from outside is ``text``."""
    header = header_of(number)
    return replace(
        header,
        command=text,
        targets=(make_target(key=f"{text}{number}", name=text),),
        environment=make_environment(processor=text, python=text, implementation=text, system=text),
        commit=replace(header.commit, branch=text),
    )

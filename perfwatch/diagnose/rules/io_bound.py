"""Waiting for disks and networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.python.org/3/library/os.html#os.fsync"
_SYNCS = frozenset({"os.fsync", "os.fdatasync", "os.sync"})
_NETWORK = ("urllib.request.", "requests.", "httpx.", "socket.", "ftplib.", "http.client.")
_ANSWERS = frozenset({"urlopen", "getresponse", "recv", "recv_into", "sendall", "accept", "connect"})
_DISK = frozenset(
    {
        "write",
        "writelines",
        "read",
        "readinto",
        "readline",
        "tofile",
        "copyfile",
        "copyfileobj",
        "copy2",
        "copytree",
    }
)
_WAITS_AT_LEAST = 0.5


def find(scene: Scene) -> Iterator[Suspect]:
    """``os.fsync``, an answer of a server, or a read or write that mostly waits, at a dear place."""
    for site in scene.sites:
        # What is read of an answer stands around the request: the request is what is waited for.
        waiting = [(what, call) for call in site.calls() if (what := _what(scene, site, call))]
        for what, call in sorted(waiting, key=lambda one: one[0] == "the disk")[:1]:
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.share,
                mechanism=f"{site.module.words(call.func)} waits for {what}: {each(scene, site)}",
                evidence={"calls_count": site.hits},
                advice=_advice(what),
                sure=Grade.HIGH,
                effort=Grade.MEDIUM,
                risk=Grade.MEDIUM,
            )


def _what(scene: Scene, site: Site, call: ast.Call) -> str:
    """What a call waits for; empty where it does not, as far as it is known."""
    full, name = site.module.dotted(call.func), called_name(call)
    if full in _SYNCS:
        return "the disk to have it"
    if full.startswith(_NETWORK):
        return "the network"
    if full or scene.waits(site) < _WAITS_AT_LEAST:
        return ""
    if name in _ANSWERS:
        return "the network"
    # What is read from a process of the programme's own waits for that process.
    return "the disk" if name in _DISK and not _is_for_children(scene, site) else ""


def _is_for_children(scene: Scene, site: Site) -> bool:
    """Whether processes that the programme started computed for half of the time that a site waits, and more."""
    io = scene.evidence.io
    spent = 0 if io is None else sum(one.user_cpu_ns + one.system_cpu_ns for one in io.children)
    return spent >= _WAITS_AT_LEAST * site.share * scene.evidence.whole_ns


def _advice(what: str) -> Advice:
    if what == "the network":
        return Advice(
            summary="Have several requests under way at a time (threads, asyncio), or ask for more in each.",
            code="with ThreadPoolExecutor(16) as pool:\n    answers = list(pool.map(fetch, requests))",
            risk="The server sees more at a time.",
            reference="https://docs.python.org/3/library/concurrent.futures.html",
        )
    return Advice(
        summary="Keep the file open and write many records at a time, with one flush and one fsync for all of them.",
        risk="Records since the last flush are lost if the machine stops.",
        reference=_REFERENCE,
    )


RULE = Rule(
    slug="io-bound",
    title="Waiting for the disk or the network",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="os.fsync, a call of urllib, requests or socket, or a method that reads, writes or receives and is off the processor for half of its time",
    limits="a file that is read or written inside a library is not known as one",
    source=_REFERENCE,
    find=find,
)

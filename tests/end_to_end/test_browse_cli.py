"""``perfwatch browse`` as a user meets it: a real server, a real browser, from nothing to two runs compared."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import subprocess
import sys

import pytest
from browser import chromium as chromium  # noqa: PLC0414 - a fixture is found by its name here
from running import PERFWATCH, perfwatch, surroundings
from tools import need_module

need_module("uvicorn", "'perfwatch[web]'")

TINY = "total = 0\nfor i in range(200_000):\n    total += i * i\nprint(total)\n"


@contextlib.contextmanager
def browsing(folder, *options):
    """The pages over a project, and the address that was told."""
    command = (*PERFWATCH, "browse", "--no-open", "--port", "0", *options)
    with subprocess.Popen(
        command, cwd=folder, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            told = server.stdout.readline()
            found = re.search(r"http://\S+", told)
            assert found, told + server.stderr.read()
            yield server, found.group()
        finally:
            if server.poll() is None:
                server.kill()


@pytest.mark.slow
def test_from_an_empty_store_to_two_runs_compared(tmp_path, chromium):
    (tmp_path / "tiny.py").write_text(TINY)
    with browsing(tmp_path) as (_, address):
        page = chromium.new_page(viewport={"width": 1400, "height": 900})
        requests, console = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: console.append(message.text))
        page.goto(address)
        assert page.locator("#first code").count() == 3
        for _ in range(2):
            done = perfwatch("run", "--quiet", "--passes", "timing", "tiny.py", cwd=tmp_path)
            assert done.returncode == 0, done.stderr
        page.reload()
        assert page.locator("table.runs tbody tr").count() == 2
        assert "1 undecided" in page.inner_text("table.runs tbody tr >> nth=0")
        page.click("form.compare button")
        assert page.inner_text("h1") == "Compare two runs"
        assert "undecided" in page.inner_text("#change")
        for width in (380, 1400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click("#sides a >> nth=1")
        assert page.inner_text("h1") == "tiny.py"
        page.click("nav.way a.also")
        assert page.locator("svg .dot").count() == 3  # two, and the legend's
        page.click("nav.way a:has-text('Runs')")
        page.select_option("select[name=verdict]", "slower")
        page.click("form.filter button")
        assert "verdict=slower" in page.url
        assert "No stored run is like that" in page.content()
        page.close()
    assert console == []
    assert all(url.startswith((address, "data:")) for url in requests)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_asked_to_end_ends_with_0_and_says_nothing(number, tmp_path):
    with browsing(tmp_path) as (server, address):
        host = address.removeprefix("http://").rstrip("/")
        kept = http.client.HTTPConnection(host)  # a browser keeps its connection open
        kept.request("GET", "/")
        assert kept.getresponse().read()
        server.send_signal(number)
        assert server.wait(timeout=20) == 0
        assert server.stderr.read() == ""
        kept.close()


def test_only_this_machine_is_listened_to_unless_asked_and_then_it_is_said(tmp_path):
    with browsing(tmp_path) as (_, address):
        assert address.startswith("http://127.0.0.1:")
    with browsing(tmp_path, "--host", "0.0.0.0") as (server, _):
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)
        assert "there is no log-in" in server.stderr.read()


def test_a_further_name_and_a_proxys_path_can_be_given(tmp_path):
    with browsing(tmp_path, "--allow-host", "hub.example", "--root-path", "/p/q") as (_, address):
        assert address.endswith("/p/q/")
        host = address.removeprefix("http://").partition("/")[0]
        for name, status in (("hub.example", 200), ("other.example", 421)):
            connection = http.client.HTTPConnection(host)
            connection.request("GET", "/p/q/", headers={"Host": name})
            assert connection.getresponse().status == status
            connection.close()


def test_without_the_extra_it_says_what_to_install(tmp_path):
    program = (
        "import sys\n"
        "sys.modules['starlette'] = sys.modules['uvicorn'] = None\n"
        "sys.argv = ['perfwatch', 'browse']\n"
        "from perfwatch.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'perfwatch[web]'" in done.stderr


def test_a_site_is_written_from_what_is_stored(tmp_path):
    done = perfwatch("report", "--site", "public", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0 runs, 0 benchmarks" in done.stderr
    assert "Nothing is stored yet" in (tmp_path / "public" / "index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("latest", "--site", "x"), "RUN"),
        (("--site", "x", "--format", "json"), "--format"),
        (("--site", "x", "--out", "y.html"), "--out"),
        (("--limit", "3"), "--limit belongs to --site"),
    ],
)
def test_a_site_goes_with_nothing_that_is_said_of_one_report(arguments, said, tmp_path):
    done = perfwatch("report", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []

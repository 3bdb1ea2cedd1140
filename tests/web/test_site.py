"""The pages as files: whole, linked among themselves alone, and opened from a disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import ATTACKS
from shown import Elements, database, fill, header_of, hostile_header, put

from perfwatch.config import load_config
from perfwatch.store import open_store, open_to_read, slug_of
from perfwatch.web.site import Source, write_site

FIT = slug_of("script:script.py", "fit")


def written(folder, **limits):
    with open_to_read(database(folder)) as store:
        source = Source(config=load_config(folder, {}), store=store, **limits)
        return write_site(source, folder / "site", lambda _: None)


@pytest.fixture
def site(project):
    return written(project).index.parent


def html_files(site):
    return sorted(site.rglob("*.html"))


def links_of(file):
    links = Elements(file.read_text(encoding="utf-8")).links
    return [link for link in links if not link.startswith("data:")]


def test_there_is_a_page_for_every_list_run_and_benchmark(site):
    names = {file.relative_to(site).as_posix() for file in site.rglob("*") if file.is_file()}
    runs = {f"runs/{header_of(number).id}.{kind}" for number in range(7) for kind in ("html", "json")}
    load = slug_of("script:script.py", "load")
    histories = {f"benchmarks/{slug}{over}.html" for slug in (FIT, load) for over in ("", "-commits")}
    assert names == {"index.html", "benchmarks/index.html"} | runs | histories


def test_every_link_leads_to_a_file_of_the_site(site):
    for file in html_files(site):
        for link in links_of(file):
            if link.startswith("https://"):
                assert "runs/" in file.as_posix()  # a finding's documentation, to be clicked
                continue
            path, _, anchor = link.partition("#")
            target = (file.parent / path).resolve() if path else file
            assert target.is_file(), (file, link)
            assert target.is_relative_to(site.resolve())
            assert not anchor or f'id="{anchor}"' in target.read_text(encoding="utf-8")


def test_nothing_can_be_asked_of_files(site):
    for file in html_files(site):
        shown = Elements(file.read_text(encoding="utf-8"))
        # A report has its own script, and what its table is filtered by.
        unwanted = {"form"} if "runs" in file.parts else {"form", "input", "select", "script"}
        assert unwanted & shown.tags == set()
        assert not any("?" in link for link in shown.links)


def test_a_document_is_that_of_its_run(site):
    run_id = header_of(3).id
    assert json.loads((site / "runs" / f"{run_id}.json").read_text())["run"]["id"] == run_id


def test_only_the_newest_runs_are_there_where_a_limit_says_so(project):
    made = written(project, limit=2)
    text = "".join(
        file.read_text(encoding="utf-8") for file in html_files(made.index.parent) if "runs" not in file.parts
    )
    assert made.runs_count == 2
    assert header_of(5).id in text
    assert header_of(4).id not in text
    assert "2 times" in text


def test_long_lists_go_on_in_further_files(tmp_path):
    fill(tmp_path, 0)
    with open_store(database(tmp_path)) as store:
        for number in range(52):
            put(store, header_of(number % 40, id=f"20260101T090000-{number:04x}"))
    site = written(tmp_path).index.parent
    assert (site / "runs-2.html").is_file()
    assert "runs-2.html" in links_of(site / "index.html")
    assert "index.html" in links_of(site / "runs-2.html")


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_no_name_becomes_a_path(name, tmp_path):
    with open_store(database(tmp_path)) as store:
        put(store, hostile_header(0, ATTACKS[name]), ATTACKS[name] + "../../../escaped")
    made = written(tmp_path)
    outside = [file for file in tmp_path.rglob("*escaped*") if not file.is_relative_to(made.index.parent)]
    assert outside == []
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-.T")
    assert all(set(file.name) <= allowed for file in made.index.parent.rglob("*"))
    assert (made.runs_count, made.benchmarks_count) == (1, 1)


def test_an_empty_store_makes_a_site_that_says_so(tmp_path):
    fill(tmp_path, 0)
    made = written(tmp_path)
    assert "Nothing is stored yet" in made.index.read_text()


def test_the_site_is_written_without_a_web_framework(project):
    program = (
        "import sys\n"
        "sys.modules['starlette'] = sys.modules['uvicorn'] = None\n"
        "sys.argv = ['perfwatch', 'report', '--site', 'public']\n"
        "from perfwatch.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "7 runs, 2 benchmarks" in done.stderr
    assert (project / "public" / "index.html").is_file()


# In a browser


@pytest.mark.parametrize(
    "name", ["index.html", "benchmarks/index.html", f"benchmarks/{FIT}.html", f"runs/{header_of(6).id}.html"]
)
@pytest.mark.parametrize("width", [380, 1400])
def test_a_page_opens_from_disk_and_asks_for_nothing_else(name, width, site, chromium):
    page = chromium.new_page(viewport={"width": width, "height": 900})
    requests, console = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: console.append(message.text))
    page.goto((site / name).as_uri(), wait_until="networkidle")
    assert [url for url in requests if not url.startswith("data:")] == [(site / name).as_uri()]
    assert console == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_from_the_list_one_reaches_a_run_its_history_and_the_list_again(site, chromium):
    page = chromium.new_page()
    page.goto((site / "index.html").as_uri())
    page.click("table.runs th a >> nth=0")
    assert page.title().startswith("fit") or "script.py" in page.content()
    page.click("nav.way a.also >> nth=0")
    assert page.locator("svg .dot").count() > 7
    page.click("nav.way a:has-text('Runs')")
    assert Path(page.url).name == "index.html"
    page.close()

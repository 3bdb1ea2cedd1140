"""What a big run's page costs: to render, to send, to open, and to zoom in its flame graph.

The run is made up (``big_run``). It is rendered in a process of its own, which has to
hold the run as well, and opened in headless Chromium, whose own clock tells the rest:

    python benchmarks/page_speed.py --keep page.html

It must not compute anything on the page: the browser does what a reader's would.
"""

from __future__ import annotations

import argparse
import pickle
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from big_run import big_report, nodes_count

#: Rendered by a fresh process: seconds, and the most memory that it held.
RENDER = """
import pickle, resource, sys, time
from pathlib import Path
from perfwatch.report import render
report = pickle.loads(Path(sys.argv[1]).read_bytes())
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
text = render(report, "html")
print(time.perf_counter() - started, held / 1e3, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
Path(sys.argv[2]).write_text(text, encoding="utf-8")
"""
#: From a click until the browser has drawn: two frames later everything of the first is on the screen.
ZOOM = """([x, y]) => new Promise(done => {
    const canvas = document.querySelector('figure.flame canvas'), box = canvas.getBoundingClientRect();
    const start = performance.now();
    canvas.dispatchEvent(new MouseEvent('click', {clientX: box.left + x * box.width, clientY: box.top + y, bubbles: true}));
    const handled = performance.now() - start;
    requestAnimationFrame(() => requestAnimationFrame(() => done([handled, performance.now() - start])));
})"""
FIRST = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
ZOOMS = 15


def rendered(folder: Path, rounds: int) -> tuple[Path, list[list[float]]]:
    """Render in fresh processes; return the page and of each what it printed."""
    run, page = folder / "run.pickle", folder / "index.html"
    report = big_report()
    print(f"call tree of {nodes_count(report.run.benchmarks[0].profiles.cpu):,} nodes")
    run.write_bytes(pickle.dumps(report))
    del report
    found = []
    for _ in range(rounds):
        command = [sys.executable, "-c", RENDER, str(run), str(page)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append([float(word) for word in done.stdout.split()])
    return page, found


def opened(page: Path, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Open the page in a new browser each time: first content, and zooms until handled and until drawn, in ms."""
    from playwright.sync_api import sync_playwright

    first: list[float] = []
    zooms: list[list[float]] = []
    path = shutil.which("chromium")
    with sync_playwright() as driver:
        for _ in range(rounds):
            browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 1400, "height": 900})
            tab.goto(page.as_uri())
            tab.wait_for_selector("figure.flame:not([hidden])")
            first.append(tab.evaluate(FIRST))
            zooms += zoomed(tab)
            browser.close()
    return first, [one[0] for one in zooms], [one[1] for one in zooms]


def zoomed(tab: Any) -> list[list[float]]:
    """Zoom in and out again, a row deeper each time."""
    tab.locator("figure.flame canvas").first.scroll_into_view_if_needed()
    found = []
    for number in range(ZOOMS):
        found.append(tab.evaluate(ZOOM, [0.3, 30 + 20 * (number % 12)]))
        found.append(tab.evaluate(ZOOM, [0.3, 10]))
    return found


def said(name: str, values: list[float], limit: float, unit: str) -> None:
    """Print the median, the worst and the aim."""
    middle = statistics.median(values)
    print(f"{name:<28} {middle:8.2f} {unit:<2} most {max(values):8.2f}   target under {limit:g} {unit}")


def main() -> None:
    """Make, render, open, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often it is rendered and opened")
    parser.add_argument("--keep", type=Path, help="where the page is left for looking at")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page, costs = rendered(Path(folder), asked.rounds)
        text = page.read_text(encoding="utf-8")
        packed = sum(map(len, re.findall(r'gzip">([^<]*)<', text)))
        said("rendering", [one[0] for one in costs], 5, "s")
        said("its peak memory", [one[2] for one in costs], 400, "MB")
        said("of which the run itself", [one[1] for one in costs], 400, "MB")
        said("the page", [len(text.encode()) / 1e6], 3, "MB")
        said("of which flame graphs", [packed / 1e6], 3, "MB")
        if shutil.which("chromium") is None:
            sys.exit("chromium is not in PATH, so the page is not opened: apt-get install chromium")
        first, handled, drawn = opened(page, asked.rounds)
        said("first content", first, 1000, "ms")
        said("a zoom, handled", handled, 100, "ms")
        said("a zoom, on the screen", drawn, 100, "ms")
        if asked.keep:
            shutil.copy(page, asked.keep)


if __name__ == "__main__":
    main()

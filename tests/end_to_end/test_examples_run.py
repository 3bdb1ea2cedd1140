"""The examples run as their READMEs say, in plain Python and plain pytest."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tools import need_module

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def run_python(*arguments, tmp_path, cwd=ROOT):
    """Run the interpreter, with no cache to fall back on and no network to fetch from."""
    nowhere = "http://127.0.0.1:9"
    settings = {"XDG_CACHE_HOME": str(tmp_path), "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def figure(text, label):
    found = re.search(rf"^{label}: ([0-9.]+)", text, re.MULTILINE)
    assert found, text
    return float(found.group(1))


def test_the_gaussian_process_predicts_better_than_the_mean(tmp_path):
    need_module("sklearn", "scikit-learn")
    done = run_python(EXAMPLES / "diabetes_gp" / "fit.py", "--train", "100", tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    assert figure(done.stdout, "patients predicted") == 342
    # The progression's own deviation is 77: the error of always predicting the mean.
    assert 45 < figure(done.stdout, "root mean square error") < 65
    assert 88 < figure(done.stdout, "inside the 95% interval") <= 100


def test_the_gaussian_process_refuses_more_patients_than_there_are(tmp_path):
    need_module("sklearn", "scikit-learn")
    done = run_python(EXAMPLES / "diabetes_gp" / "fit.py", "--train", "442", tmp_path=tmp_path)
    assert done.returncode == 2
    assert "between 10 and 441" in done.stderr


def test_the_image_pipeline_finds_the_coins_without_a_network(tmp_path):
    need_module("skimage", "scikit-image")
    done = run_python(EXAMPLES / "image_pipeline" / "pipeline.py", tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    coins = [row for row in rows if row["image"] == "coins"]
    # 24 coins lie in the picture; some of the upper row touch its edge.
    assert 15 <= len(coins) <= 24
    assert all(float(row["eccentricity"]) < 0.6 for row in coins)
    assert all(float(row["texture"]) > 0 for row in rows)
    assert len(rows) > len(coins)


def test_the_image_pipeline_is_callable_with_what_its_set_up_makes(tmp_path):
    need_module("skimage", "scikit-image")
    code = (
        "from examples.image_pipeline.pipeline import make_inputs, run;"
        "import json; print(json.dumps({name: len(rows) for name, rows in run(**make_inputs()).items()}))"
    )
    done = run_python("-c", code, tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {"coins", "galaxies"}


def test_the_campaign_of_fits_finds_the_same_for_the_same_seed(tmp_path):
    need_module("scipy", "scipy")
    script = EXAMPLES / "nlsq_campaign" / "campaign.py"
    first, again = (run_python(script, "--seed", "3", tmp_path=tmp_path) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert first.stdout == again.stdout
    assert re.search(r"^requests refused: \d+ of 148$", first.stdout, re.MULTILINE)
    # The parameters that decays of this family are drawn from.
    decay = re.search(r"^streamed decay: ([\d.]+) ([\d.]+) ([\d.]+)$", first.stdout, re.MULTILINE)
    height, rate, level = map(float, decay.groups())
    assert 1.9 < height < 4.1
    assert 0.75 < rate < 1.65
    assert 0.25 < level < 0.95
    assert figure(first.stdout, "peaks at 15000 points") == 10


def test_the_campaign_of_fits_measures_its_decision_matrix(tmp_path):
    need_module("scipy", "scipy")
    done = run_python(EXAMPLES / "nlsq_campaign" / "campaign.py", "--decide", tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" is recommended and takes ") == 9
    assert re.search(r"^recommendations that win: [0-9] of 9$", done.stdout, re.MULTILINE)


def test_the_benchmark_suite_passes_under_plain_pytest(tmp_path):
    suite = EXAMPLES / "benchmark_suite"
    result = tmp_path / "result.json"
    plain = ("-c", os.devnull, "--rootdir", suite, "-p", "no:cacheprovider")
    quick = ("--benchmark-max-time=0.05", "--benchmark-min-rounds=2", f"--benchmark-json={result}")
    done = run_python("-m", "pytest", *plain, *quick, suite / "test_smoothing.py", tmp_path=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout
    benchmarks = json.loads(result.read_text())["benchmarks"]
    assert len(benchmarks) == 6
    assert {each["group"] for each in benchmarks} == {"moving average", "filters"}
    (pedantic,) = [each for each in benchmarks if each["name"] == "test_gaussian"]
    assert pedantic["stats"]["rounds"] == 20


DRIVE_ASV = """
import itertools, json, bench_smoothing as bench
made = {}
for owner in (bench.MovingAverage, bench.Filters):
    for values in itertools.product(*getattr(owner, "params", ())):
        instance = owner()
        instance.setup(*values)
        for name in dir(owner):
            if name.split("_")[0] in {"time", "mem", "peakmem", "track"}:
                returned = getattr(instance, name)(*values)
                made.setdefault(name, []).append(getattr(returned, "nbytes", returned))
made["track_points_kept"] = [bench.track_points_kept()]
print(json.dumps(made))
"""


def test_the_asv_style_module_works_for_every_parameter(tmp_path):
    folder = EXAMPLES / "benchmark_suite" / "benchmarks"
    done = run_python("-c", DRIVE_ASV, tmp_path=tmp_path, cwd=folder)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["time_smooth"] == made["peakmem_smooth"] == [None] * 4
    assert made["mem_result"] == [1600, 1600, 16000, 16000]
    assert all(0 <= error < 1e-12 for error in made["track_error"])
    assert made["time_exponential"] == made["time_gaussian"] == [None]
    assert made["track_points_kept"] == [500]


def test_the_surrogate_finds_a_better_programme_than_it_was_shown(tmp_path):
    need_module("sklearn", "scikit-learn")
    script = EXAMPLES / "surrogate_reactor" / "optimise.py"
    done = run_python(script, "--form", "optimized", tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    assert figure(done.stdout, "programmes evaluated") == 64
    found = figure(done.stdout, "best yield found")
    assert figure(done.stdout, "best yield among them") < found <= figure(done.stdout, "best yield known")
    assert figure(done.stdout, "error of the process") < figure(done.stdout, "error of the forest")


def test_the_surrogate_refuses_a_seed_below_nothing(tmp_path):
    need_module("sklearn", "scikit-learn")
    done = run_python(EXAMPLES / "surrogate_reactor" / "optimise.py", "--seed", "-1", tmp_path=tmp_path)
    assert done.returncode == 2
    assert "--seed must not be negative" in done.stderr


def test_the_robot_meets_a_hand_in_either_form(tmp_path):
    need_module("sklearn", "scikit-learn")
    found = []
    for form in ("reference", "optimized"):
        done = run_python(EXAMPLES / "intent_loop" / "handover.py", "--form", form, tmp_path=tmp_path)
        assert done.returncode == 0, done.stderr
        assert re.findall(r"^ +(\d+) ", done.stdout, re.MULTILINE) == ["1", "10", "100"]
        found.append(done.stdout.split("users")[0])
    assert found[0] == found[1]
    assert figure(found[0], "likeliest goal") == 4
    assert 0.3 < figure(found[0], "seconds left") < 1.5


def test_the_control_loop_tells_how_long_its_calls_took(tmp_path):
    need_module("sklearn", "scikit-learn")
    loop = EXAMPLES / "intent_loop" / "control_loop.py"
    done = run_python(loop, "--seconds", "0.2", "--form", "fast", tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    assert figure(done.stdout, "calls") > 10
    assert figure(done.stdout, "median") <= figure(done.stdout, "slowest of a hundred")


@pytest.mark.parametrize(
    "example",
    ["diabetes_gp", "image_pipeline", "benchmark_suite", "nlsq_campaign", "surrogate_reactor", "intent_loop"],
)
def test_every_file_that_a_readme_names_exists(example):
    text = (EXAMPLES / example / "README.md").read_text()
    named = set(re.findall(r"examples/[\w/]+\.py", text))
    assert named
    assert all((ROOT / path).is_file() for path in named)

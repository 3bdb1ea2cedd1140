"""Each row of "Come from a profiler class of your own", run as it stands on the page, and its claim held against what came of it."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path

import pytest

import perfwatch
from perfwatch.errors import TargetFailed, UsageError
from perfwatch.records.run import PassName, PassState

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="measuring needs fork and wait4"),
]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "coming-from-a-profiler-class.md"
ROW = re.compile(r"^\| (?!-|there)(.+?) \| (`.+?`|none) \|", re.MULTILINE)
MODULE = """
import math


def fit(n=2_000):
    kept = [math.sqrt(i) for i in range(n)]
    return sum(kept)


def infer(x):
    return fit(100) + x


def load():
    return bytearray(40_000_000)


def objective(x):
    return sum((x - i) ** 2 for i in range(200))


def optimise(f):
    return min((f(x / 10), x) for x in range(50))[1]


def fails():
    raise ValueError("never")
"""


def rows():
    """The page's rows: the name there, without backticks, and the code here."""
    text = PAGE.read_text(encoding="utf-8")
    return {name.replace("`", ""): code.strip("`") for name, code in ROW.findall(text)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("project")
    (made / "pyproject.toml").write_text("")
    (made / "coming_from_model.py").write_text(MODULE)
    return made


@pytest.fixture(scope="module")
def made(folder):
    """What rows build on: a profile, a timing, watched functions, a closed span."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        import coming_from_model as model

        space = {
            name: getattr(model, name) for name in ("fit", "infer", "load", "objective", "optimise", "fails")
        }
        space["perfwatch"] = perfwatch
        for name in ("performance_monitor(name, profile_level)", "ProfiledOptimizer(optimizer)"):
            exec(rows()[name], space)
        space["timing"] = perfwatch.benchmark(model.fit, 2_000, processes=2, budget=10)
        space["value"], space["profile"] = perfwatch.profile(model.fit, 2_000, passes="timing,cpu", budget=20)
        yield space
        sys.modules.pop("coming_from_model", None)


@pytest.fixture
def space(made, folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    return dict(made)


def execute(name, space):
    """Run a row's code; return the value, where it is an expression."""
    code = rows()[name]
    try:
        return eval(code, space)
    except SyntaxError:
        exec(code, space)
        return None


def refused(space, verb, option):
    """That there is no such option is said before anything is called."""
    with pytest.raises(UsageError, match=f"has no option '{option}'"):
        getattr(perfwatch, verb)(space["fails"], **{option: 1})


def monitor(space, _):
    (span,) = space["m"].summary().spans
    assert (span.path, span.level) == (("fit",), "detailed")
    assert span.count >= 1


def summary(space, _):
    span = space["summary"].spans[0]
    assert span.wall_ns / span.count > 0
    assert "fit" in str(space["summary"])


def own_metric(_space, _):
    assert [one.values[-1] for one in perfwatch.monitor.collected_custom() if one.name == "mse"] == [0.25]


def watched_optimiser(space, _):
    assert space["f"].watch.watched.count == 50
    assert space["run"].watch.watched.count == 1


def evaluations(_space, value):
    assert value == 50


def mean_time(space, value):
    assert value == space["f"].watch.watched.total_ns / 50


def overhead(space, value):
    assert 0 < value < space["run"].watch.watched.total_ns


def page(space, _):
    assert "<html" in space["page"].read_text(encoding="utf-8")
    assert space["page"].with_name("report.json").is_file()


def memory(space, _):
    assert len(space["data"]) == 40_000_000


def peak(_space, value):
    assert value is None or value > 1_000_000


def increase(space, _):
    space.update(data=None)
    exec(rows()["MemoryMonitor()"], space)
    change = eval(rows()["get_memory_increase()"], space)
    assert change is None or change > 30_000_000


def profiled(space, _):
    assert space["value"] == space["fit"](2_000)
    assert space["profile"].functions[0].function == "fit"


def clean_time(space, value):
    assert value == space["profile"].timing.median_ns
    assert all(process.wall_ns for process in space["profile"].timing.processes)


def decorator(space, _, caplog):
    with caplog.at_level(logging.WARNING, logger="perfwatch.watch"):
        space["infer"](1)
    assert "infer took" in caplog.text
    assert space["infer"].watch.watched.slow_count == 1


def report(space, _):
    assert "coming_from_model:fit" in space["text"]


def benchmarked(space, _):
    timing = space["timing"]
    assert timing.name == "Core Function"
    assert len(timing.timing.processes) > 1


def central_time(space, value):
    low, high = space["timing"].interval_ns
    assert low <= value <= high


def no_success_rate(space, _):
    with pytest.raises(TargetFailed, match="ValueError: never"):
        perfwatch.benchmark(space["fails"], budget=1)


def baseline(space, _):
    exec(rows()["set_baseline(name, result)"], space)
    again = perfwatch.benchmark(space["fit"], 2_000, processes=2, budget=2)
    assert again.report.baseline.name == "core"
    assert again.comparison.base_run == space["timing"].report.run.header.id


def no_regression_is_claimed_without_evidence(space, value):
    # The slow one that it does claim has a test of its own in test_benchmark.
    assert value is False


def with_pass(name):
    def check(_space, value):
        _, profile = value
        (found,) = (one for one in profile.passes if one.name is name)
        assert found.state in {PassState.DONE, PassState.UNAVAILABLE}
        assert found.state is PassState.DONE or (name is PassName.GPU and found.reason)

    return check


def no_interval_option(space, _):
    refused(space, "profile", "sampling_interval")
    assert space["profile"].benchmark.profiles.cpu_use.samples_count >= 20


def no_memory_threshold(space, _):
    refused(space, "profile", "memory_threshold_mb")


def no_cpu_threshold(space, _):
    refused(space, "profile", "cpu_threshold_percent")
    times = [one.own_ns for one in space["profile"].functions]
    assert times == sorted(times, reverse=True)


def bounded(_space, value):
    settings = value[1].settings
    assert (settings.budget_ns, settings.timeout_ns) == (5_000_000_000, 60_000_000_000)


def no_iterations(space, _):
    refused(space, "benchmark", "num_iterations")
    assert space["timing"].timing.processes[0].loops_count > 1


def no_warmup(space, _):
    refused(space, "benchmark", "warmup_iterations")
    assert all(0 <= one.warmup_count < len(one.wall_ns) for one in space["timing"].timing.processes)


def limited(_space, value):
    assert value.settings.timeout_ns == 60_000_000_000


def amount(_space, value):
    assert value > 2_000 * 8


def compared(_space, value):
    assert isinstance(value, tuple)


def tolerant(_space, value):
    assert value.settings.policy().margin_ratio == 0.10
    assert value.comparison is None or value.comparison.margin_ratio == 0.10


def no_level(space, _):
    refused(space, "benchmark", "statistical_significance_level")
    assert space["timing"].settings.policy().confidence_level == 0.95


def no_parallel(space, _):
    refused(space, "benchmark", "enable_parallel_benchmarks")
    processes = space["timing"].timing.processes
    ends = [one.started_ns[-1] + one.wall_ns[-1] for one in processes]
    assert all(end <= later.started_ns[0] for end, later in zip(ends, processes[1:], strict=False))


def counted_workers(_space, value):
    assert 1 < len(value.timing.processes) <= 3


def drawn(space, _):
    assert "<svg" in space["html"]


def raw(_space, value):
    assert len(value) > 1
    assert all(isinstance(one, int) for one in value)


CHECKS = {
    "performance_monitor(name, profile_level)": monitor,
    "get_performance_summary()": summary,
    "PerformanceProfiler": own_metric,
    "ProfiledOptimizer(optimizer)": watched_optimiser,
    'function_evaluations["count"]': evaluations,
    'function_evaluations["mean_time"]': mean_time,
    "the optimiser's own overhead": overhead,
    "output_file": page,
    "MemoryMonitor()": memory,
    "get_peak_memory()": peak,
    "get_memory_increase()": increase,
    "SystemProfiler.profile_function(f, *args)": profiled,
    "metrics.execution_time": clean_time,
    "profile_decorator()": decorator,
    "generate_report(data)": report,
    "BenchmarkFramework.benchmark(f, args=(...), name=...)": benchmarked,
    "mean_time": central_time,
    "success_rate": no_success_rate,
    "set_baseline(name, result)": baseline,
    "regression_detected": no_regression_is_claimed_without_evidence,
    "enable_line_profiling": with_pass(PassName.LINES),
    "enable_memory_profiling": with_pass(PassName.MEMORY),
    "enable_gpu_profiling": with_pass(PassName.GPU),
    "enable_io_profiling": with_pass(PassName.IO),
    "sampling_interval": no_interval_option,
    "memory_threshold_mb": no_memory_threshold,
    "cpu_threshold_percent": no_cpu_threshold,
    "profile_duration": bounded,
    "num_iterations": no_iterations,
    "warmup_iterations": no_warmup,
    "timeout_seconds": limited,
    "enable_profiling": with_pass(PassName.CPU),
    "enable_memory_tracking": amount,
    "enable_regression_testing": compared,
    "baseline_tolerance_percent": tolerant,
    "statistical_significance_level": no_level,
    "output_directory": page,
    "enable_parallel_benchmarks": no_parallel,
    "max_workers": counted_workers,
    "enable_visualization": drawn,
    "save_raw_data": raw,
}


def test_every_row_of_the_page_has_a_check_and_no_other():
    assert list(rows()) == list(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_a_row_does_what_the_page_says(name, space, request):
    value = None if rows()[name] == "none" else execute(name, space)
    extra = [request.getfixturevalue("caplog")] if name == "profile_decorator()" else []
    CHECKS[name](space, value, *extra)

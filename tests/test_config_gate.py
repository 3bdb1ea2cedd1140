"""What a project's settings say of its gate, and what a wrong entry is told."""

from __future__ import annotations

from datetime import date

import pytest

from perfwatch.config import load_config, parse_size
from perfwatch.errors import ConfigError
from perfwatch.records.gate import Acceptance, GatePolicy, Limit, Override
from perfwatch.records.proof import AnswerRule, Ignored

WHOLE = """
[tool.perfwatch.gate]
margin = "2%"
fail-above = 0.1
min_change = "50us"
min-change-memory = "1MB"
metrics = ["time"]
fail-on = "undecided"
same-output = true
accept = [{ pattern = "fit*", reason = " exact now ", until = 2027-01-31 }]

[[tool.perfwatch.gate.benchmarks]]
pattern = "io*"
margin = "3%"
fail_above = "20%"
min-change = "1ms"
same-output = false
rtol = 1e-6
ignore = ["warnings"]

[[tool.perfwatch.limits]]
pattern = "step"
time = "10ms"
peak-memory = "200MB"
"""


def loaded(folder, text, **environ):
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return load_config(folder, environ)


def refused(folder, text):
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return caught.value


def test_every_setting_of_a_gate_reaches_its_policy(tmp_path):
    config = loaded(tmp_path, WHOLE)
    assert config.gate_policy() == GatePolicy(
        fail_above_ratio=0.1,
        min_change_ns=50_000,
        min_change_bytes=1_000_000,
        metrics=("time",),
        fail_on_undecided=True,
        acceptances=(
            Acceptance(
                pattern="fit*",
                reason="exact now",
                until=date(2027, 1, 31),
                origin="the project's settings",
            ),
        ),
        overrides=(
            Override(
                pattern="io*",
                margin_ratio=0.03,
                fail_above_ratio=0.2,
                min_change_ns=1_000_000,
                same_output=False,
                answer_rule=AnswerRule(rtol=1e-6, ignored=(Ignored.WARNINGS,)),
            ),
        ),
        limits=(Limit(pattern="step", time_ns=10_000_000, peak_memory_bytes=200_000_000),),
        same_output=True,
    )
    assert (config.policy().margin_ratio, config.policy().margins) == (0.02, (("io*", 0.03),))


def test_a_project_without_settings_has_the_defaults(tmp_path):
    assert loaded(tmp_path, "").gate_policy() == GatePolicy()


def test_the_environment_overrides_the_file(tmp_path):
    environ = {
        "PERFWATCH_FAIL_ABOVE": "15%",
        "PERFWATCH_FAIL_ON": "nothing",
        "PERFWATCH_SAME_OUTPUT": "false",
    }
    config = loaded(tmp_path, WHOLE, **environ)
    assert (config.fail_above_ratio, config.fail_on_undecided, config.same_output) == (0.15, False, False)
    assert loaded(tmp_path, "", PERFWATCH_SAME_OUTPUT="1").same_output
    with pytest.raises(ConfigError, match="PERFWATCH_SAME_OUTPUT: 'perhaps' is neither true nor false"):
        loaded(tmp_path, "", PERFWATCH_SAME_OUTPUT="perhaps")


def test_an_override_without_a_rule_of_its_own_names_none(tmp_path):
    config = loaded(tmp_path, '[tool.perfwatch.gate]\nbenchmarks = [{ pattern = "a", margin = "3%" }]\n')
    assert config.overrides == (Override(pattern="a", margin_ratio=0.03),)


def test_a_name_written_with_a_hyphen_and_with_an_underscore_is_set_twice(tmp_path):
    error = refused(tmp_path, '[tool.perfwatch.gate]\nfail-above = "5%"\nfail_above = "6%"\n')
    assert error.happened == "pyproject.toml, line 3: gate.fail-above is set twice."


@pytest.mark.parametrize(
    ("line", "happened", "do"),
    [
        ('accept = [{ pattern = "a" }]', "an entry needs reason = ...", "accept = ["),
        ('accept = [{ reason = "b" }]', "an entry needs pattern = ...", "accept = ["),
        ('accept = [{ pattern = "a", reason = "" }]', "reason: '' is no reason", "accept = ["),
        ('accept = [{ patern = "a", reason = "b" }]', "an entry has no key 'patern'", "'pattern'"),
        ('accept = [{ pattern = "a", reason = "b", until = "soon" }]', "'soon' is not a day", "accept = ["),
        (
            'accept = [{ pattern = "a", reason = "b", until = 2027-01-31T10:00:00 }]',
            "is not a day such as",
            "accept = [",
        ),
        ('accept = "fit*"', "'fit*' is not a list of tables", "accept = ["),
        (
            'benchmarks = [{ pattern = "a", margin = "200%" }]',
            "margin: '200%' is not a share",
            "benchmarks =",
        ),
        ('same-output = "yes"', "'yes' is neither true nor false", "same-output = true"),
        (
            'benchmarks = [{ pattern = "a", exact = true, rtol = 1e-3 }]',
            "exact and rtol do not go together",
            "benchmarks =",
        ),
        (
            'benchmarks = [{ pattern = "a", rtol = -1 }]',
            "rtol: -1 is not a number of 0 or more",
            "benchmarks =",
        ),
        (
            'benchmarks = [{ pattern = "a", ignore = ["colour"] }]',
            "'colour' is nothing that an answer has",
            "benchmarks =",
        ),
        ('metrics = ["tme"]', "'tme' is not a metric", "'time'"),
        ('metrics = ["time", "compiling"]', "'compiling' is not a metric", "'compile'"),
        ('metrics = "time"', "'time' is not a list of metrics", "metrics = ["),
        ('fail-on = "slower"', 'neither "undecided" nor "nothing"', 'fail-on = "undecided"'),
        ('min-change-memory = "big"', "'big' is not a size", "min-change-memory ="),
    ],
)
def test_a_wrong_entry_is_named_with_its_line_and_with_what_would_do(tmp_path, line, happened, do):
    error = refused(tmp_path, f"[tool.perfwatch.gate]\n{line}\n")
    assert error.happened.startswith("pyproject.toml, line 2: gate.")
    assert happened in error.happened
    assert do in error.do


@pytest.mark.parametrize(
    ("text", "size"),
    [("100MB", 100_000_000), ("1 GiB", 2**30), ("1.5kB", 1500), ("12", 12), (7, 7), ("8B", 8)],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "0", 0, True, 1.5, None, "1 mb", "1e9", "10" * 30 + "TB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)

"""Settings: where they are found, which of them win, and what a wrong one is told."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from perfwatch.config import KEYS, Config, TargetEntry, load_config, project_root
from perfwatch.errors import ConfigError, ExitCode
from perfwatch.records.plan import Plan, Policy
from perfwatch.records.run import PassName

SECOND = 1_000_000_000


@pytest.fixture
def load(tmp_path):
    """``load(pyproject_text, PERFWATCH_X="…")`` is the configuration of such a project."""

    def from_text(text="", *, own=None, **environ):
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8", newline="")
        if own is not None:
            (tmp_path / "perfwatch.toml").write_text(own, encoding="utf-8")
        return load_config(tmp_path, environ)

    return from_text


@pytest.fixture
def refusal(load):
    """The error that a text, or an environment, gets."""

    def from_text(*args, **kwargs):
        with pytest.raises(ConfigError) as caught:
            load(*args, **kwargs)
        assert caught.value.exit_code is ExitCode.USAGE
        assert all((caught.value.happened, caught.value.means, caught.value.do))
        return caught.value

    return from_text


# Where


@pytest.mark.parametrize("mark", ["pyproject.toml", "perfwatch.toml", ".git"])
def test_root_is_the_nearest_folder_that_looks_like_a_project(tmp_path, mark):
    (tmp_path / ".git").mkdir()
    (tmp_path / "inner/deep").mkdir(parents=True)
    if mark != ".git":
        (tmp_path / "inner" / mark).write_text("")
    expected = tmp_path if mark == ".git" else tmp_path / "inner"
    assert project_root(tmp_path / "inner/deep") == expected


def test_root_is_the_start_where_nothing_looks_like_a_project():
    start = Path("/nonexistent/folder")
    assert project_root(start) == start


@pytest.mark.smoke
def test_configuration_of_a_folder_without_files_is_the_default(tmp_path):
    (tmp_path / ".git").mkdir()
    config = load_config(tmp_path, {})
    assert config == Config(root=tmp_path)
    assert config.plan() == Plan()
    assert config.policy() == Policy()


def test_settings_are_found_from_a_folder_below(load, tmp_path):
    load("[tool.perfwatch.profile]\nbudget = '1m'\n")
    (tmp_path / "sub").mkdir()
    config = load_config(tmp_path / "sub", {})
    assert (config.root, config.budget_ns) == (tmp_path, 60 * SECOND)
    assert config.source == tmp_path / "pyproject.toml"


@pytest.mark.smoke
def test_own_file_has_its_tables_at_the_top(load):
    assert load("[project]\nname = 'x'\n", own="[profile]\nbudget = 30\n").budget_ns == 30 * SECOND


def test_settings_in_two_files_are_an_error(refusal):
    error = refusal("\n[tool.perfwatch]\nprepare = 'x'\n", own="prepare = 'y'\n")
    assert error.happened == (
        "perfwatch.toml and pyproject.toml, line 2 ([tool.perfwatch]) both hold settings."
    )


def test_empty_own_file_is_no_second_place(load):
    assert load("[tool.perfwatch]\nprepare = 'x'\n", own="# nothing\n").prepare == "x"


# What


def test_every_key_reads_its_own_example(load):
    text = ""
    for table in ("", "profile", "gate", "report"):
        keys = [key for key in KEYS if key.name.rpartition(".")[0] == table]
        text += f"[tool.perfwatch{'.' if table else ''}{table}]\n"
        text += "".join(f"{key.name.rpartition('.')[2]} = {key.example}\n" for key in keys)
    config = load(text)
    assert len(text.splitlines()) == len(KEYS) + 4
    for key in KEYS:
        assert getattr(config, key.field) == key.read(
            tomllib.loads(f"x = {key.example}")["x"], config.root
        ) or (key.field == "targets")


@pytest.mark.smoke
def test_every_key_fills_a_field_of_its_own():
    fields = [key.field for key in KEYS]
    assert len(set(fields)) == len(fields)
    assert set(fields) == set(Config.__dataclass_fields__) - {"root", "source"}


def test_experiments_of_the_diagnosis_are_allowed_unless_somebody_says_no(load):
    no = "[tool.perfwatch.profile]\nexperiments = false\n"
    assert load("").plan().experiments
    assert not load(no).plan().experiments
    assert load(no, PERFWATCH_EXPERIMENTS="yes").plan().experiments
    assert not load("", PERFWATCH_EXPERIMENTS="0").plan().experiments


def test_every_value_reaches_the_plan_and_the_policy(load, tmp_path):
    config = load(
        """
[tool.perfwatch]
python = "venv/bin/python"
prepare = "make inputs"
store = "runs.db"
[tool.perfwatch.profile]
passes = ["memory", "timing", "timing"]
budget = "2m"
per-benchmark = "500ms"
timeout = 3
processes = 7
[tool.perfwatch.gate]
margin = "2%"
[tool.perfwatch.report]
dir = "out"
"""
    )
    assert config.plan() == Plan(
        passes=(PassName.TIMING, PassName.MEMORY),
        budget_ns=120 * SECOND,
        per_benchmark_ns=SECOND // 2,
        timeout_ns=3 * SECOND,
        processes_count=7,
        python=str(tmp_path / "venv/bin/python"),
        prepare="make inputs",
    )
    assert config.policy() == Policy(margin_ratio=0.02)
    assert config.store == str(tmp_path / "runs.db")
    assert config.report_dir == tmp_path / "out"


def test_store_may_be_a_url_and_python_a_name(load):
    config = load("[tool.perfwatch]\nstore = 'sqlite:///x.db'\npython = 'python3.12'\n")
    assert (config.store, config.python) == ("sqlite:///x.db", "python3.12")


def test_targets_are_words_of_a_command_line_with_their_line(load):
    config = load(
        """[tool.perfwatch]
targets = [
    "fit.py --name 'a b'",
    { run = "pkg:fit", setup = "pkg:inputs", name = "fit" },
]
"""
    )
    assert config.targets == (
        TargetEntry(words=("fit.py", "--name", "a b"), where="pyproject.toml, line 3"),
        TargetEntry(words=("pkg:fit",), setup="pkg:inputs", name="fit", where="pyproject.toml, line 4"),
    )


def test_targets_may_be_an_array_of_tables(load):
    config = load("[[tool.perfwatch.targets]]\nrun = 'a.py'\n[[tool.perfwatch.targets]]\nrun = 'b.py'\n")
    assert [(entry.words, entry.where) for entry in config.targets] == [
        (("a.py",), "pyproject.toml, line 1"),
        (("b.py",), "pyproject.toml, line 3"),
    ]


# Which wins


@pytest.mark.smoke
def test_environment_overrides_the_file_and_a_flag_overrides_both(load):
    text = "[tool.perfwatch.profile]\nbudget = '1m'\ntimeout = '1m'\nprocesses = 3\n"
    config = load(text, PERFWATCH_BUDGET="2m", PERFWATCH_TIMEOUT="2m").with_flags(
        timeout_ns=180 * SECOND, budget_ns=None
    )
    assert (config.processes_count, config.budget_ns, config.timeout_ns) == (3, 120 * SECOND, 180 * SECOND)


def test_environment_has_its_own_forms(load, tmp_path):
    config = load(
        PERFWATCH_PASSES="cpu, timing",
        PERFWATCH_PROCESSES="3",
        PERFWATCH_MARGIN="0.05",
        PERFWATCH_STORE="here.db",
        PERFWATCH_OUT="out",
    )
    assert config.passes == (PassName.TIMING, PassName.CPU)
    assert (config.processes_count, config.margin_ratio) == (3, 0.05)
    assert (config.store, config.report_dir) == (str(tmp_path / "here.db"), tmp_path / "out")


def test_empty_variable_is_not_set(load):
    assert load(PERFWATCH_BUDGET=" ").budget_ns == Plan().budget_ns


def test_relative_path_of_the_environment_starts_where_the_user_stands(load, tmp_path):
    load("[tool.perfwatch]\nstore = 'a.db'\n")
    (tmp_path / "sub").mkdir()
    assert load_config(tmp_path / "sub", {}).store == str(tmp_path / "a.db")
    assert load_config(tmp_path / "sub", {"PERFWATCH_STORE": "b.db"}).store == str(tmp_path / "sub/b.db")


def test_unknown_flag_is_a_programming_error(tmp_path):
    with pytest.raises(TypeError):
        Config(root=tmp_path).with_flags(bugdet=1)


# What is wrong


@pytest.mark.parametrize(
    ("text", "happened", "do"),
    [
        (
            "[project]\nname = 'x'\n[tool.perfwatch.profile]\n# budget\nbugdet = '1m'\n",
            "pyproject.toml, line 5: [tool.perfwatch.profile] has no key 'bugdet'.",
            "Did you mean 'budget'?",
        ),
        (
            "[tool.perfwatch.profile]\nper_bench = '1m'\n",
            "pyproject.toml, line 2: [tool.perfwatch.profile] has no key 'per_bench'.",
            "Did you mean 'per-benchmark'?",
        ),
        (
            "[tool.perfwatch]\nbudget = '1m'\n",
            "pyproject.toml, line 2: [tool.perfwatch] has no key 'budget'.",
            "Did you mean 'budget' in [tool.perfwatch.profile]?",
        ),
        (
            "[tool.perfwatch.profile]\nstore = 'x'\n",
            "pyproject.toml, line 2: [tool.perfwatch.profile] has no key 'store'.",
            "Did you mean 'store' in [tool.perfwatch]?",
        ),
        (
            "[tool.perfwatch.profil]\nbudget = '1m'\n",
            "pyproject.toml, line 1: [tool.perfwatch] has no key 'profil'.",
            "Did you mean 'profile'?",
        ),
        (
            "[tool]\nperfwatch.gate.zzz = 1\n",
            "pyproject.toml, line 2: [tool.perfwatch.gate] has no key 'zzz'.",
            "Known here: margin, fail-above, min-change, min-change-memory, metrics, fail-on, same-output, accept, benchmarks, env, build, requirements.",
        ),
        (
            "tool.perfwatch = {profile = {budget = '1m', bugdet = '1m'}}\n",
            "pyproject.toml, line 1: [tool.perfwatch.profile] has no key 'bugdet'.",
            "Did you mean 'budget'?",
        ),
        (
            "[tool.perfwatch]\ntargets = [\n 'a.py',\n {run = 'b.py', setpu = 'x:y'},\n]\n",
            "pyproject.toml, line 4: targets: a target has no key 'setpu' (run, name, setup).",
            "Did you mean 'setup'?",
        ),
    ],
)
def test_unknown_key_names_the_nearest_and_the_line(refusal, text, happened, do):
    error = refusal(text)
    assert (error.happened, error.do) == (happened, do)


@pytest.mark.parametrize(
    ("setting", "part"),
    [
        ("[tool.perfwatch.profile]\nbudget = 'soon'", "line 2: profile.budget: 'soon' is not a duration"),
        ("[tool.perfwatch.profile]\ntimeout = 0", "profile.timeout: 0 is no time at all"),
        ("[tool.perfwatch.profile]\nprocesses = 0", "profile.processes: 0 is not a whole number"),
        ("[tool.perfwatch.profile]\nprocesses = '3'", "profile.processes: '3' is not a whole number"),
        ("[tool.perfwatch.profile]\nprocesses = true", "profile.processes: True is not a whole number"),
        ("[tool.perfwatch.profile]\npasses = 'cpu'", "profile.passes: 'cpu' is not a list of passes"),
        ("[tool.perfwatch.profile]\npasses = []", "profile.passes: [] is not a list of passes"),
        ("[tool.perfwatch.profile]\npasses = [\n'cpu',\n'cpus']", "line 4: profile.passes: 'cpus' is not"),
        ("[tool.perfwatch.gate]\nmargin = 1", "gate.margin: 1 is not a share"),
        ("[tool.perfwatch.gate]\nenv = 'isolate'", "gate.env: 'isolate' is none of auto, shared, isolated"),
        ("[tool.perfwatch.gate]\nbuild = ['make']", "gate.build: ['make'] is not a text"),
        ("[tool.perfwatch.gate]\nrequirements = 'pytest'", "gate.requirements: 'pytest' is not a list"),
        ("[tool.perfwatch.gate]\nrequirements = ['-r x']", "gate.requirements: '-r x' is an option of pip's"),
        ("[tool.perfwatch.report]\ndir = 1979-05-27", "report.dir: datetime.date(1979, 5, 27) is not a text"),
        ("[tool.perfwatch]\npython = ''", "python: '' is not a text"),
        ("[tool.perfwatch]\nprofile = 3", "line 2: profile is not a table"),
        ("[tool]\nperfwatch = 3", "line 2: tool.perfwatch is not a table"),
        ("[tool.perfwatch]\ntargets = 'a.py'", "targets: 'a.py' is not a list of targets"),
        ("[tool.perfwatch]\ntargets = ['a.py', 3]", "targets: 3 is neither a text nor a table"),
        ("[tool.perfwatch]\ntargets = ['']", "targets: a target has no words"),
        ("[tool.perfwatch]\ntargets = [\n'a.py',\n\"b 'c\"]", 'line 4: targets: "b \'c" does not split'),
        ("[tool.perfwatch]\ntargets = [{name = 'a'}]", "targets: a target's table needs run"),
        ("[tool.perfwatch]\ntargets = [{run = 3}]", "targets: 3 is not a text"),
    ],
)
def test_wrong_value_names_the_line(refusal, setting, part):
    error = refusal(f"{setting}\n")
    assert error.happened.startswith("pyproject.toml, line ")
    assert part in error.happened


def test_nearest_pass_is_named(refusal):
    assert refusal("[tool.perfwatch.profile]\npasses = ['cpus']\n").do == "Did you mean 'cpu'?"


def test_line_is_right_in_a_file_with_windows_line_ends(refusal):
    text = "[tool.perfwatch.profile]\r\n# one\r\nbudget = 'soon'\r\n"
    assert "line 3:" in refusal(text).happened


def test_wrong_variable_is_named_with_its_own_example(refusal):
    error = refusal(PERFWATCH_BUDGET="soon")
    assert "PERFWATCH_BUDGET" in error.happened
    assert error.do == "Write for example PERFWATCH_BUDGET=10m"
    assert refusal(PERFWATCH_PASSES=",").do == "Write for example PERFWATCH_PASSES=timing,cpu"
    assert "'many' is not a whole number" in refusal(PERFWATCH_PROCESSES="many").happened


def test_tables_of_the_other_file_are_explained(refusal):
    assert "the tables stand at the top" in refusal(own="[tool.perfwatch.profile]\nbudget = 1\n").do


def test_invalid_toml_names_file_and_line(refusal):
    assert refusal("[project]\nname = \n").happened.startswith("pyproject.toml, line 2: ")


def test_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"pyproject\.toml"):
        load_config(tmp_path, {})


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user who can be refused")
def test_unreadable_file_names_the_reason(tmp_path):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "pyproject.toml").chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        load_config(tmp_path, {})


# Cost


@pytest.mark.smoke
def test_configuration_loads_no_heavy_library():
    program = "import sys, perfwatch.config; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"rich", "numpy", "pandas", "sqlalchemy", "msgspec", "click"} & set(loaded)

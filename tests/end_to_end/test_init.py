"""``perfwatch init`` writes what works, says what it wrote, and overwrites nothing."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import tomllib

import pytest
import yaml
from running import perfwatch
from tools import need_module

from perfwatch.config import load_config

BENCHMARK_TEST = "def test_fast(benchmark):\n    benchmark(sum, [1])\n\n\ndef test_other():\n    pass\n"
ASV_MODULE = "def time_sum():\n    sum(range(100))\n"
MEASURES, COMMENTS = ".github/workflows/perfwatch.yml", ".github/workflows/perfwatch-comment.yml"


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    write(folder, pyproject_toml='[project]\nname = "fitting"\n', tests__test_speed_py=BENCHMARK_TEST)
    return folder


def tree(folder):
    """Every file with what is in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def workflow(folder, name=MEASURES):
    return yaml.load((folder / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def steps(folder, name=MEASURES):
    (job,) = workflow(folder, name)["jobs"].values()
    return {step.get("name", step.get("uses")): step for step in job["steps"]}


def test_a_project_gets_settings_that_load_and_workflows_that_obey_the_schema(project):
    done = perfwatch("init", cwd=project)
    assert done.returncode == 0, done.stderr
    for name in ("pyproject.toml", MEASURES, COMMENTS):
        assert f"Written: {name}\n" in done.stdout
    config = load_config(project, {})
    assert [entry.words for entry in config.targets] == [("tests/test_speed.py::test_fast",)]
    assert config.margin_ratio == 0.01
    need_module("check_jsonschema", "check-jsonschema")
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    checked = subprocess.run(
        [*checker, MEASURES, COMMENTS], cwd=project, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    assert steps(project)["Measure base and head"]["env"]["INPUT_FAIL_ON_UNDECIDED"] == "true"
    assert "__" not in (project / MEASURES).read_text().replace("__main__", "")


def test_what_it_wrote_can_be_listed_by_run(project):
    assert perfwatch("init", cwd=project).returncode == 0
    done = perfwatch("run", "--list", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "test_fast" in done.stdout
    assert "test_other" not in done.stdout


def test_the_text_that_was_there_stays_to_the_letter(project):
    before = b'# caf\xc3\xa9\r\n[tool.other]\r\nkey = "x"   # kept\r\n[[tool.more]]\r\na = 1'
    path = project / "pyproject.toml"
    path.write_bytes(before)
    path.chmod(0o640)
    assert perfwatch("init", cwd=project).returncode == 0
    after = path.read_bytes()
    assert after.startswith(before)
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert set(tomllib.loads(after.decode())["tool"]) == {"other", "more", "perfwatch"}


def test_without_a_pyproject_the_settings_have_a_file_of_their_own(project):
    (project / "pyproject.toml").unlink()
    done = perfwatch("init", "--only", "settings", cwd=project)
    assert "Written: perfwatch.toml" in done.stdout
    assert load_config(project, {}).targets[0].words == ("tests/test_speed.py::test_fast",)
    assert not (project / ".github").exists()


def test_a_project_without_benchmarks_is_told_what_to_name(project):
    (project / "tests" / "test_speed.py").unlink()
    done = perfwatch("init", cwd=project)
    assert done.returncode == 0
    assert "No benchmark was found" in done.stdout
    assert load_config(project, {}).targets == ()


def test_a_package_below_the_repository_s_top_is_measured_in_its_folder(project):
    inner = project / "packages" / "inner"
    write(inner, pyproject_toml="", benchmarks__bench_sum_py=ASV_MODULE)
    done = perfwatch("init", cwd=inner)
    assert done.returncode == 0, done.stderr
    (job,) = workflow(project)["jobs"].values()
    assert job["defaults"]["run"]["working-directory"] == "packages/inner"
    assert load_config(inner, {}).targets[0].words == ("benchmarks/bench_sum.py",)


@pytest.mark.parametrize(
    ("there", "content", "says"),
    [
        ("pyproject.toml", '[tool.perfwatch]\ntargets = ["x.py"]\n', "[tool.perfwatch] already"),
        ("pyproject.toml", "[tool.perfwatch.gate]\n", "[tool.perfwatch] already"),
        ("perfwatch.toml", "", "perfwatch.toml is there already"),
        (MEASURES, "mine\n", "perfwatch.yml is there already"),
        (COMMENTS, "mine\n", "perfwatch-comment.yml is there already"),
    ],
)
def test_what_is_there_is_named_and_nothing_is_written(project, there, content, says):
    (project / there).parent.mkdir(parents=True, exist_ok=True)
    (project / there).write_text(content, encoding="utf-8")
    before = tree(project)
    done = perfwatch("init", cwd=project)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Nothing was written." in done.stderr
    assert "--only" in done.stderr
    assert tree(project) == before


def test_the_half_that_is_missing_can_be_written_alone(project):
    assert perfwatch("init", "--only", "settings", cwd=project).returncode == 0
    assert perfwatch("init", "--only", "workflow", cwd=project).returncode == 0
    assert (project / MEASURES).is_file()
    done = perfwatch("init", cwd=project)
    assert done.returncode == 2


@pytest.mark.parametrize(
    "content",
    [
        b"[project\n",
        b"\xff\xfe[project]\n",
        b'tool = { other = 1 }\n[project]\nname = "x"\n',
        b"tool = 3\n",
        b"[tool]\nperfwatch = 3\n",
        b"a = " + b"[" * 100_000,
    ],
    ids=["broken", "not UTF-8", "inline table", "tool is a number", "perfwatch is a number", "deep"],
)
def test_a_pyproject_that_cannot_take_the_table_is_left_as_it_is(project, content):
    (project / "pyproject.toml").write_bytes(content)
    before = tree(project)
    done = perfwatch("init", cwd=project)
    assert done.returncode == 2, done.stderr
    assert "pyproject.toml" in done.stderr
    assert "Traceback" not in done.stderr
    assert tree(project) == before


def test_a_name_that_is_markup_in_toml_and_yaml_stays_a_name(project):
    name = 'it\'s "quoted" # é [x] ${{ y }}.py'
    (project / "benchmarks").mkdir()
    (project / "benchmarks" / f"bench_{name}").write_text(ASV_MODULE, encoding="utf-8")
    assert perfwatch("init", cwd=project).returncode == 0
    words = [entry.words for entry in load_config(project, {}).targets]
    assert (f"benchmarks/bench_{name}",) in words


@pytest.mark.parametrize("blocked", [".github", ".github/workflows"])
def test_where_one_file_cannot_be_written_none_is(project, blocked):
    (project / blocked).parent.mkdir(exist_ok=True)
    (project / blocked).write_text("a file, no folder", encoding="utf-8")
    before = tree(project)
    done = perfwatch("init", cwd=project)
    assert done.returncode == 7
    assert "could not be written" in done.stderr
    assert "Nothing was written." in done.stderr
    assert tree(project) == before


def test_a_link_to_the_settings_stays_a_link(project):
    real = project / "config" / "pyproject.toml"
    real.parent.mkdir()
    (project / "pyproject.toml").rename(real)
    (project / "pyproject.toml").symlink_to(real)
    assert perfwatch("init", "--only", "settings", cwd=project).returncode == 0
    assert (project / "pyproject.toml").is_symlink()
    assert b"[tool.perfwatch]" in real.read_bytes()


# From asv

ASV = """
{
    // the version of this file
    "version": 1,
    "project": "fitting", /* a name */
    "repo": ".",
    "benchmark_dir": "speed",
    "pythons": ["3.9", "3.12", "3.11"],
    "matrix": {"req": {"numpy": ["1.26", "2.0"]}},
    "build_command": ["python -m build"],
    "regressions_thresholds": {".*": 0.075, "time_big": 0.2},
    "made_up": "http://example.org/ // not a comment",
}
"""


@pytest.fixture
def asv_project(project):
    write(project, **{"asv.conf.json": ASV}, speed__fit_py=ASV_MODULE)
    return project


def test_asv_s_settings_become_equal_ones_and_the_rest_is_named(asv_project):
    done = perfwatch("init", "--from-asv", cwd=asv_project)
    assert done.returncode == 0, done.stderr
    # The test suite beside it is no part of asv's benchmarks.
    assert [entry.words for entry in load_config(asv_project, {}).targets] == [("speed/fit.py",)]
    found = steps(asv_project)
    assert found["actions/setup-python@v6"]["with"]["python-version"] == "3.12"
    assert found["Measure base and head"]["env"]["INPUT_ALERT_THRESHOLD"] == "107.5%"
    for words in (
        "pythons (3.9, 3.12, 3.11)",
        "matrix has no counterpart",
        "build_command has no",
        "'time_big'",
    ):
        assert words in done.stdout
    assert "made_up has no counterpart: it is not a setting of asv" in done.stdout
    assert "benchmark_dir has no" not in done.stdout


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("{", 2),
        ("[]", 2),
        ('{"benchmark_dir": 3}', 2),
        ('{"pythons": 3, "regressions_thresholds": [], "repo": {}, "matrix": null}', 0),
        ('{"pythons": [null, "x", "3.8"], "regressions_thresholds": {".*": "much"}}', 0),
        (json.dumps({"\x1b[31m" * 50: 1, "repo": "https://example.org/x.git", "repo_subdir": "a"}), 0),
        ("[" * 100_000, 2),
    ],
    ids=["broken", "a list", "wrong folder", "wrong types", "wrong values", "hostile", "deep"],
)
def test_settings_of_asv_that_are_wrong_are_told_or_named(project, content, status):
    write(project, **{"asv.conf.json": content})
    before = tree(project)
    done = perfwatch("init", "--from-asv", cwd=project)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stdout
    if status:
        assert "asv.conf.json" in done.stderr
        assert tree(project) == before


def test_without_settings_of_asv_that_is_said(project):
    before = tree(project)
    done = perfwatch("init", "--from-asv", cwd=project)
    assert done.returncode == 2
    assert "There is no asv.conf.json" in done.stderr
    assert tree(project) == before

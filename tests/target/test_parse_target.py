"""What words name which target, and by which key."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.errors import ExitCode, TargetError
from perfwatch.records.run import TargetKind
from perfwatch.target.identity import target_key
from perfwatch.target.parse import TargetChoice, parse_target, parse_targets

FIXTURE_TEST = "def test_fast(benchmark):\n    benchmark(sum, [1])\n"
PLAIN_TEST = "class TestA:\n    def test_one(self):\n        pass\n\ndef test_two():\n    pass\n"
ASV = "class Suite:\n    def time_sort(self):\n        pass\n\ndef track_size():\n    return 1\n"
SCRIPT = "print(1)\n"
GUARD = "if __name__ == '__main__':\n    print(1)\n"


@pytest.fixture
def project(tmp_path):
    """Write files into a project: ``project("a.py", "text")`` returns the choice to parse with."""

    def write(name, text=SCRIPT):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return TargetChoice(root=tmp_path, cwd=tmp_path)

    return write


def kind_of(choice, *words, **changes):
    return parse_target(words, replace(choice, **changes)).kind


# Scripts


def test_script_keeps_its_own_options(project):
    choice = project("tools/fit.py")
    target = parse_target(["tools/fit.py", "--its", "--own", "-m"], choice)
    assert target.kind is TargetKind.SCRIPT
    assert target.name == "tools/fit.py"
    assert target.path == str(choice.root / "tools/fit.py")
    assert target.arguments == ("--its", "--own", "-m")


def test_two_dashes_in_front_are_no_target(project):
    assert parse_target(["--", "fit.py", "--", "-x"], project("fit.py")).arguments == ("--", "-x")


def test_script_key_is_the_same_from_every_folder_and_machine(project, tmp_path):
    choice = project("tools/fit.py")
    below = replace(choice, cwd=tmp_path / "tools")
    keys = {
        parse_target(["tools/fit.py"], choice).key,
        parse_target(["./fit.py"], below).key,
        parse_target(["../tools/fit.py"], below).key,
        parse_target([str(tmp_path / "tools/fit.py")], choice).key,
    }
    assert keys == {"script:tools/fit.py"}


def test_script_reached_through_a_link_to_the_project_has_the_same_key(project, tmp_path):
    choice = project("project/fit.py")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "project")
    choice = replace(choice, root=tmp_path / "project")
    assert parse_target([str(link / "fit.py")], choice).key == "script:fit.py"


def test_script_outside_the_project_is_named_by_the_way_to_it(project, tmp_path):
    project("inside/x.py")
    choice = replace(project("outside/fit.py"), root=tmp_path / "inside")
    assert parse_target(["outside/fit.py"], choice).key == "script:../outside/fit.py"


def test_other_arguments_make_another_key(project):
    choice = project("fit.py")
    keys = {parse_target(["fit.py", *rest], choice).key for rest in ([], ["a b"], ["a", "b"], ["b", "a"])}
    assert len(keys) == 4
    assert parse_target(["fit.py", "a"], choice).key == parse_target(["fit.py", "a"], choice).key


@given(st.lists(st.text()), st.lists(st.text()))
def test_key_tells_argument_lists_apart(one, other):
    keys = [target_key(TargetKind.SCRIPT, "fit.py", arguments=tuple(words)) for words in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


def test_arguments_that_are_no_unicode_have_a_key():
    assert target_key(TargetKind.SCRIPT, "fit.py", arguments=("\udcff",)).startswith("script:fit.py#")


def test_script_without_suffix_runs_by_its_shebang(project):
    choice = project("tool", "#!/usr/bin/env python3\nprint(1)\n")
    assert kind_of(choice, "tool") is TargetKind.SCRIPT


def test_script_of_any_suffix_runs_when_asked(project):
    assert kind_of(project("tool.txt"), "tool.txt", as_kind=TargetKind.SCRIPT) is TargetKind.SCRIPT


def test_empty_script_is_a_script(project):
    assert kind_of(project("empty.py", ""), "empty.py") is TargetKind.SCRIPT


def test_folder_with_main_runs_as_python_would(project):
    choice = project("app/__main__.py")
    target = parse_target(["app"], choice)
    assert (target.kind, target.name, target.path) == (
        TargetKind.SCRIPT,
        "app",
        str(choice.root / "app/__main__.py"),
    )


# Modules and callables


def test_module_keeps_its_own_options(project):
    target = parse_target(["-m", "json.tool", "--indent", "2"], project("x.py"))
    assert target.kind is TargetKind.MODULE
    assert (target.module, target.arguments, target.name) == ("json.tool", ("--indent", "2"), "-m json.tool")
    assert target.key.startswith("module:json.tool#")


def test_module_may_be_joined_to_its_option(project):
    assert parse_target(["-mjson.tool"], project("x.py")).module == "json.tool"


def test_callable_has_module_function_and_setup(project):
    project("pkg/__init__.py", "")
    choice = project("pkg/model.py", "def fit(data):\n    pass\n\ndef inputs():\n    return 1\n")
    target = parse_target(["pkg.model:fit"], replace(choice, setup="pkg.model:inputs"))
    assert target.kind is TargetKind.CALLABLE
    assert (target.module, target.function, target.setup) == ("pkg.model", "fit", "pkg.model:inputs")
    assert target.key == "callable:pkg.model:fit?setup=pkg.model:inputs"


def test_callable_of_a_package_is_named_by_it_though_its_folder_lies_here(project):
    choice = project("pkg/__init__.py", "def fit():\n    pass\n")
    assert parse_target(("pkg:fit",), choice).key == "callable:pkg:fit"


def test_callable_of_an_installed_module_is_left_to_the_run(project):
    assert kind_of(project("x.py"), "numpy.linalg:svd_of_nothing") is TargetKind.CALLABLE


def test_method_of_a_class_is_a_callable(project):
    choice = project("model.py", "class Model:\n    @staticmethod\n    def fit(): pass\n")
    assert parse_target(["model:Model.fit"], choice).function == "Model.fit"


def test_callable_may_come_from_a_star_import(project):
    assert kind_of(project("model.py", "from numpy import *\n"), "model:sort") is TargetKind.CALLABLE


def test_callable_may_be_bound_by_any_statement(project):
    text = (
        "try:\n    from fast import fit\nexcept ImportError:\n    fit = None\nif 1:\n    def other(): pass\n"
    )
    choice = project("model.py", text)
    assert kind_of(choice, "model:fit") is TargetKind.CALLABLE
    assert kind_of(choice, "model:other") is TargetKind.CALLABLE


def test_callable_in_a_source_folder_is_found(project):
    project("src/pkg/__init__.py", "def fit(): pass\n")
    with pytest.raises(TargetError, match="no function 'fitt'"):
        parse_target(["pkg:fitt"], project("x.py"))


# pytest and asv


def test_test_file_is_pytest(project):
    target = parse_target(["tests/test_x.py", "-x"], project("tests/test_x.py", PLAIN_TEST))
    assert target.kind is TargetKind.PYTEST
    assert (target.key.partition("#")[0], target.function, target.arguments) == (
        "pytest:tests/test_x.py",
        None,
        ("-x",),
    )


@pytest.mark.parametrize("node", ["test_two", "TestA", "TestA::test_one", "test_two[a::b-c/d]"])
def test_node_of_a_test_file_is_pytest(project, node):
    choice = project("tests/test_x.py", PLAIN_TEST)
    target = parse_target([f"tests/test_x.py::{node}"], choice)
    assert target.kind is TargetKind.PYTEST
    assert target.path == str(choice.root / "tests/test_x.py")
    assert target.function == node
    assert target.key == f"pytest:tests/test_x.py::{node}"


def test_inherited_test_is_left_to_pytest(project):
    choice = project("test_x.py", "from base import Base\n\nclass TestA(Base):\n    pass\n")
    assert kind_of(choice, "test_x.py") is TargetKind.PYTEST
    assert kind_of(choice, "test_x.py::TestA::test_inherited") is TargetKind.PYTEST


def test_folder_with_tests_is_pytest(project):
    choice = project("tests/unit/test_x.py", PLAIN_TEST)
    assert kind_of(choice, "tests") is TargetKind.PYTEST


def test_test_file_without_tests_is_a_script(project):
    assert kind_of(project("test_speed.py", SCRIPT), "test_speed.py") is TargetKind.SCRIPT


def test_bench_file_with_prefixed_functions_is_asv(project):
    target = parse_target(["bench_x.py"], project("bench_x.py", ASV))
    assert (target.kind, target.key) == (TargetKind.ASV, "asv:bench_x.py")


def test_any_file_with_prefixed_functions_is_asv(project):
    assert kind_of(project("sorting.py", ASV), "sorting.py") is TargetKind.ASV


def test_bench_file_with_the_fixture_is_pytest_even_with_prefixed_functions(project):
    assert kind_of(project("bench_x.py", ASV + FIXTURE_TEST), "bench_x.py") is TargetKind.PYTEST


def test_plain_bench_file_is_a_script(project):
    assert kind_of(project("bench_x.py", SCRIPT), "bench_x.py") is TargetKind.SCRIPT


def test_simulation_with_a_time_step_is_a_script(project):
    text = "def time_step(state, dt):\n    return state\n\ntime_step(1, 2)\n"
    assert kind_of(project("simulate.py", text), "simulate.py") is TargetKind.SCRIPT


def test_guarded_file_with_prefixed_functions_is_a_script(project):
    assert kind_of(project("model.py", ASV + GUARD), "model.py") is TargetKind.SCRIPT
    assert kind_of(project("bench_x.py", ASV + GUARD), "bench_x.py") is TargetKind.ASV
    assert kind_of(project("bench_x.py", ASV + GUARD), "bench_x.py", "--size", "3") is TargetKind.SCRIPT


@pytest.mark.parametrize("kind", [TargetKind.SCRIPT, TargetKind.PYTEST, TargetKind.ASV])
def test_as_settles_the_doubt(project, kind):
    assert kind_of(project("bench_x.py", ASV + FIXTURE_TEST), "bench_x.py", as_kind=kind) is kind


def test_folder_of_asv_modules_is_one_target_each(project):
    project("suite/b.py", ASV)
    choice = project("suite/a.py", ASV)
    assert [target.key for target in parse_targets(["suite"], choice)] == ["asv:suite/a.py", "asv:suite/b.py"]


def test_single_target_of_a_list_is_the_single_target(project):
    choice = project("tests/test_x.py", PLAIN_TEST)
    assert parse_targets(["tests"], choice) == (parse_target(["tests"], choice),)


# Doubts


@pytest.mark.parametrize("name", ["workload:digital-twin", "model:fit", "test_x.py::test_two"])
def test_existing_path_wins_over_any_other_reading(project, name):
    choice = project(name, "#!/usr/bin/python3\n")
    assert kind_of(choice, name) is TargetKind.SCRIPT


def test_as_callable_wins_over_an_existing_path(project):
    project("model.py", "def fit(): pass\n")
    choice = project("model:fit", "#!/usr/bin/python3\n")
    assert kind_of(choice, "model:fit", as_kind=TargetKind.CALLABLE) is TargetKind.CALLABLE


# Workloads


def test_workload_has_size_and_seed(project):
    words = ["workload:digital-twin/physics", "--size", "medium", "--seed=7"]
    target = parse_target(words, project("x.py"))
    assert target.kind is TargetKind.WORKLOAD
    assert target.name == "workload:digital-twin/physics"
    assert target.parameters == {"size": "medium", "seed": "7"}
    assert target.key == "workload:digital-twin/physics[size=medium,seed=7]"


def test_the_whole_of_a_workload_and_each_of_its_forms_are_targets_of_their_own(project):
    choice = project("x.py")
    words = ["workload:digital-twin", "workload:digital-twin@optimized", "workload:digital-twin/*"]
    keys = [parse_target([word, "--seed", "3"], choice).key for word in words]
    assert keys == [f"{word}[size=small,seed=3]" for word in words]


def test_workload_key_is_the_same_whether_defaults_are_said_or_not(project):
    choice = project("x.py")
    bare = parse_target(["workload:digital-twin/physics"], choice)
    said = parse_target(["workload:digital-twin/physics", "--seed", "00", "--size", "small"], choice)
    assert bare.key == said.key


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["workload:digital-twin/phisics"], "physics"),
        (["workload:digital-twin/physics", "--size", "huge"], "small, medium, large"),
        (["workload:digital-twin/physics", "--size"], "--size small"),
        (["workload:digital-twin", "--size", "large"], "small, medium."),
        (["workload:digital-twin@vectorised"], "digital-twin/physics@vectorised"),
        (["workload:digital-twin/physics", "--seed", "-1"], "--seed 1"),
        (["workload:digital-twin/physics", "--quick"], "perfwatch's own options"),
    ],
)
def test_wrong_workload_says_what_would_be_right(project, words, part):
    with pytest.raises(TargetError) as caught:
        parse_target(words, project("x.py"))
    assert part in caught.value.do


# What a newer interpreter may understand


def test_syntax_error_is_left_to_a_newer_interpreter(project):
    choice = project("fit.py", "a = = 1\n")
    newer = (sys.version_info.major, sys.version_info.minor + 1)
    assert kind_of(choice, "fit.py", version=newer) is TargetKind.SCRIPT
    with pytest.raises(TargetError):
        kind_of(choice, "fit.py", version=sys.version_info[:2])


# Promises


def test_nothing_of_the_target_is_executed_or_imported(project, tmp_path):
    mark = tmp_path / "executed"
    text = f"open({str(mark)!r}, 'w')\ndef fit(): pass\ndef test_x(benchmark): pass\n"
    for name in ("side_effect.py", "test_side_effect.py", "bench_side_effect.py"):
        choice = project(name, text)
        parse_target([name], choice)
        parse_target([f"{Path(name).stem}:fit"], choice)
    assert not mark.exists()
    assert "side_effect" not in sys.modules


@given(st.lists(st.text(max_size=30), max_size=3))
def test_any_words_are_a_target_or_a_target_error(words):
    choice = TargetChoice(root=Path("/nonexistent"), cwd=Path("/nonexistent"))
    error = None
    try:
        target = parse_target(words, choice)
    except TargetError as caught:
        error = caught
    if error is None:
        assert target.key.startswith(f"{target.kind.value}:")
    else:
        assert error.exit_code is ExitCode.USAGE
        assert all((error.happened, error.means, error.do))

"""Each wrong target gets one message with cause, consequence and next step."""

from __future__ import annotations

import os
import sys
import warnings

import pytest

from perfwatch.errors import TargetError
from perfwatch.records.run import TargetKind
from perfwatch.target.parse import TargetChoice, parse_target

MODEL = "def fit_model(): pass\n\ndef predict(x, *, y, z=1): pass\n\nclass Model: pass\n"
TESTS = "class TestA:\n    def test_one(self): pass\n\ndef test_two(): pass\n"
ASV = "class Suite:\n    def time_sort(self): pass\n"


@pytest.fixture
def refusal(tmp_path):
    """``refusal({files}, *words)`` is the error that the words get in a project of these files."""

    def parse(files, *words, **choice):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(TargetError) as caught:
            parse_target(words, TargetChoice(root=tmp_path, cwd=tmp_path, **choice))
        assert caught.value.happened
        assert caught.value.means
        assert caught.value.do
        return caught.value

    return parse


# Not there


def test_missing_file_names_the_nearest_beside_it(refusal):
    error = refusal({"tools/fit.py": "", "tools/plot.py": ""}, "tools/fti.py")
    assert "tools/fti.py" in error.happened
    assert error.do == "Did you mean tools/fit.py?"


def test_missing_file_names_the_same_name_in_another_folder(refusal):
    assert refusal({"tools/fit.py": "", "fat.py": ""}, "fit.py").do == "Did you mean tools/fit.py?"


def test_missing_file_names_the_right_case(refusal):
    assert refusal({"Analyse_Data.py": ""}, "ANALYSE_DATE.PY").do == "Did you mean Analyse_Data.py?"


def test_missing_file_with_nothing_near_names_the_forms(refusal):
    assert "package.module:function" in refusal({}, "zzz.py").do


def test_module_name_without_its_option_names_the_option(refusal):
    assert "-m json.tool" in refusal({}, "json.tool").do


def test_missing_file_of_a_node_is_named(refusal):
    assert refusal({"test_x.py": TESTS}, "test_y.py::test_two").do == "Did you mean test_x.py?"


@pytest.mark.parametrize("words", [(), ("",), ("  ",), ("--",)])
def test_no_name_at_all_names_the_forms(refusal, words):
    assert "path/script.py" in refusal({}, *words).do


def test_option_in_the_target_s_place_is_named(refusal):
    assert "'--quick'" in refusal({}, "--quick", "fit.py").happened


@pytest.mark.parametrize("name", ["a\0b.py", "x" * 5000, "http://example.org/x.py", "C:\\x.py"])
def test_impossible_name_is_not_found(refusal, name):
    assert "There is no file" in refusal({}, name).happened


# Not Python


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("run.sh", "echo\n", "a shell script"),
        ("run", "#!/bin/sh\necho\n", "a program for /bin/sh"),
        ("run", "echo\n", "without a Python shebang"),
        ("data.csv", "1,2\n", "a .csv file"),
        ("tool", b"\x7fELF\x02\x01\x01\0\0", "an ELF executable"),
        ("tool.py", b"MZ\x90\0\x03", "a Windows executable"),
        ("tool.py", b"a = 1\0", "a binary file"),
        ("wide.py", "a = 1\n".encode("utf-16"), "a binary file"),
        ("fast.pyx", "cdef int a\n", "Cython"),
        ("old.pyc", b"\xa7\r\r\n\0\0", "compiled Python"),
    ],
)
def test_what_is_not_python_is_named_for_what_it_is(refusal, name, content, what):
    assert what in refusal({name: content}, name).happened


def test_notebook_is_not_supported_yet(refusal):
    error = refusal({"nb.ipynb": "{}"}, "nb.ipynb")
    assert "Notebooks are not supported yet" in error.do
    assert "nb.ipynb" in error.do
    assert "a notebook" in refusal({}, "nb.ipynb", as_kind=TargetKind.SCRIPT).happened


def test_letters_that_begin_a_windows_program_may_begin_a_script(tmp_path):
    (tmp_path / "mz.py").write_text("MZ = 1\n")
    assert parse_target(["mz.py"], TargetChoice(root=tmp_path, cwd=tmp_path)).kind is TargetKind.SCRIPT


def test_shebang_cannot_steer_the_terminal(refusal):
    assert "\x1b" not in str(refusal({"run": b"#!/bin/\x1b[31msh\n"}, "run"))


def test_wrong_encoding_is_named(refusal):
    assert "UTF-8" in refusal({"fit.py": b"a = '\xff'\n"}, "fit.py").happened
    assert "klingon" in refusal({"fit.py": b"# coding: klingon\n"}, "fit.py").happened


def test_declared_encoding_is_obeyed(tmp_path):
    (tmp_path / "fit.py").write_bytes("# coding: latin-1\na = 'é'\n".encode("latin-1"))
    assert parse_target(["fit.py"], TargetChoice(root=tmp_path, cwd=tmp_path)).kind is TargetKind.SCRIPT


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_pipe_is_no_target(refusal, tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    assert "neither a file nor a folder" in refusal({}, "pipe.py").happened


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user who can be refused")
def test_unreadable_file_names_the_reason(refusal, tmp_path):
    (tmp_path / "fit.py").write_text("")
    (tmp_path / "fit.py").chmod(0)
    assert "Permission denied" in refusal({}, "fit.py").happened


# Syntax


def test_syntax_error_shows_file_line_text_and_caret(refusal):
    error = refusal({"fit.py": "import os\n\tif = 1\n"}, "fit.py")
    assert error.happened.startswith("fit.py, line 2: ")
    error = refusal({"fit.py": "import os\nvalue = = 1\n"}, "fit.py")
    assert error.happened.splitlines()[1:] == ["    value = = 1", "            ^"]


def test_caret_of_an_indented_line_stands_below_its_place(refusal):
    error = refusal({"fit.py": "def f():\n        a = = 1\n"}, "fit.py")
    shown, caret = error.happened.splitlines()[1:]
    assert shown == "    a = = 1"
    assert caret.index("^") == len("    a = ")


def test_long_line_is_cut_around_the_caret(refusal):
    error = refusal({"fit.py": "x" * 3000 + " = = 1\n"}, "fit.py")
    shown, caret = error.happened.splitlines()[1:]
    assert len(shown) < 120
    assert shown[caret.index("^")] == "="


def test_what_only_the_compiler_refuses_is_a_syntax_error(refusal):
    assert "'return' outside function" in refusal({"fit.py": "a = 1\nreturn a\n"}, "fit.py").happened


def test_offending_text_cannot_steer_the_terminal(refusal):
    assert "\x1b" not in str(refusal({"fit.py": "a = = '\x1b[31m'\n"}, "fit.py"))


def test_syntax_error_in_the_module_of_a_callable_is_found(refusal):
    assert "pkg.py, line 1" in refusal({"pkg.py": "def f(:\n"}, "pkg:f").happened
    assert "pkg.py, line 1" in refusal({"pkg.py": "def f(:\n"}, "-m", "pkg").happened


def test_doubtful_escape_of_the_target_is_its_own_affair(tmp_path):
    (tmp_path / "fit.py").write_text("a = '\\d'\nb = 1 is 1\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse_target(["fit.py"], TargetChoice(root=tmp_path, cwd=tmp_path))


def test_source_that_is_too_deep_for_our_parser_is_left_to_the_run(tmp_path):
    (tmp_path / "deep.py").write_text("a = " + "-" * 100_000 + "1\n")
    assert parse_target(["deep.py"], TargetChoice(root=tmp_path, cwd=tmp_path)).kind is TargetKind.SCRIPT


# Callables and modules


def test_missing_function_names_the_nearest(refusal):
    error = refusal({"pkg/__init__.py": "", "pkg/model.py": MODEL}, "pkg.model:fit_modle")
    assert error.happened == "The module pkg.model has no function 'fit_modle'."
    assert error.do == "Did you mean pkg.model:fit_model?"


def test_missing_function_with_nothing_near_names_them_all(refusal):
    assert refusal({"model.py": MODEL}, "model:zzz").do == "It defines: Model, fit_model, predict."
    assert refusal({"empty.py": ""}, "empty:zzz").do == "It defines no function."


def test_function_that_needs_arguments_names_them_and_the_setup(refusal):
    error = refusal({"model.py": MODEL}, "model:predict")
    assert error.happened == "model:predict needs arguments: x, y."
    assert "--setup model:make_inputs" in error.do


def test_missing_setup_names_the_nearest(refusal):
    assert (
        refusal({"model.py": MODEL}, "model:predict", setup="model:predit").do
        == "Did you mean model:predict?"
    )


def test_setup_that_needs_arguments_is_refused(refusal):
    assert (
        "model:predict needs arguments"
        in refusal({"model.py": MODEL}, "model:fit_model", setup="model:predict").happened
    )


def test_setup_without_module_suggests_the_callable_s_own(refusal):
    assert "--setup model:inputs" in refusal({"model.py": MODEL}, "model:predict", setup="inputs").do


def test_setup_of_a_script_is_refused(refusal):
    assert "makes the arguments of a callable" in refusal({"fit.py": ""}, "fit.py", setup="a:b").happened


def test_function_named_by_its_file_gets_its_module(refusal):
    assert refusal({"pkg/model.py": MODEL}, "pkg/model.py:fit_model").do == "Write pkg.model:fit_model"


def test_callable_takes_no_words(refusal):
    assert "--setup" in refusal({"model.py": MODEL}, "model:fit_model", "3").do


@pytest.mark.parametrize("text", ["fit.py", "model", "a:b:c", "model:1", "class:def"])
def test_as_callable_needs_the_form_of_one(refusal, text):
    assert "package.module:function" in refusal({"fit.py": ""}, text, as_kind=TargetKind.CALLABLE).do


def test_module_option_without_a_name_is_refused(refusal):
    assert "-m has no module's name" in refusal({}, "-m").happened


def test_file_after_the_module_option_is_refused(refusal):
    assert refusal({"fit.py": ""}, "-m", "fit.py").do == "Write perfwatch run fit.py"


def test_package_without_main_cannot_be_run(refusal):
    assert "has no __main__.py" in refusal({"pkg/__init__.py": ""}, "-m", "pkg").happened


def test_module_and_another_reading_contradict(refusal):
    assert "contradict" in refusal({}, "-m", "json.tool", as_kind=TargetKind.PYTEST).happened


# pytest, asv, folders


def test_missing_test_names_the_nearest(refusal):
    files = {"test_x.py": TESTS}
    assert refusal(files, "test_x.py::test_tow").do == "Did you mean test_x.py::test_two?"
    assert refusal(files, "test_x.py::TestA::test_on[a]").do == "Did you mean test_x.py::TestA::test_one?"


def test_asv_benchmark_named_as_a_node_is_chosen_by_keyword(refusal):
    assert "-k time_sort bench_x.py" in refusal({"bench_x.py": ASV}, "bench_x.py::Suite::time_sort").do


def test_asv_module_takes_no_words(refusal):
    assert "asv modules take no arguments" in refusal({"bench_x.py": ASV}, "bench_x.py", "--quick").happened


def test_asv_without_benchmarks_is_refused(refusal):
    assert "no asv benchmark" in refusal({"fit.py": "a = 1\n"}, "fit.py", as_kind=TargetKind.ASV).happened


def test_pytest_without_tests_is_refused(refusal):
    assert "holds no tests" in refusal({"fit.py": "a = 1\n"}, "fit.py", as_kind=TargetKind.PYTEST).happened


def test_folder_without_tests_names_a_file_in_it(refusal):
    error = refusal({"tools/fit.py": "", "tools/data.csv": ""}, "tools")
    assert "holds no tests" in error.happened
    assert error.do == "Name a file in it: tools/fit.py"
    assert "Name a folder" in refusal({"empty/data.csv": ""}, "empty").do


def test_package_folder_is_run_by_its_name(refusal):
    files = {"pkg/__init__.py": "", "pkg/__main__.py": ""}
    assert refusal(files, "pkg").do == "It is a package: perfwatch run -m pkg"


def test_asv_folder_as_one_target_names_a_module(refusal):
    assert refusal({"suite/sorting.py": ASV}, "suite").do == "Name one: perfwatch run suite/sorting.py"


def test_node_read_as_something_else_is_refused(refusal):
    assert "--as asv" in refusal({"test_x.py": TESTS}, "test_x.py::test_two", as_kind=TargetKind.ASV).happened

"""Where nothing is found to measure, three commands that would work."""

from __future__ import annotations

import shlex

from perfwatch.target.parse import TargetChoice, parse_target
from perfwatch.target.suggest import suggestions

GUARD = "if __name__ == '__main__':\n    print(1)\n"


def write(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_script_a_package_and_a_function_are_suggested(tmp_path):
    write(
        tmp_path,
        fit_py=GUARD,
        src__pkg__init_py="",
        src__pkg__main_py=GUARD,
        src__pkg__model_py="def needs(x): pass\n\ndef _own(): pass\n\ndef fit(): pass\n",
    )
    (tmp_path / "src/pkg/init.py").rename(tmp_path / "src/pkg/__init__.py")
    (tmp_path / "src/pkg/main.py").rename(tmp_path / "src/pkg/__main__.py")
    assert suggestions(tmp_path) == (
        "perfwatch run fit.py",
        "perfwatch run -m pkg",
        "perfwatch run pkg.model:fit",
    )


def test_an_empty_folder_gets_what_works_anywhere(tmp_path):
    for command in suggestions(tmp_path):
        program, verb, *words = shlex.split(command)
        assert (program, verb) == ("perfwatch", "run")
        parse_target(words, TargetChoice(root=tmp_path, cwd=tmp_path))


def test_a_name_with_a_blank_is_quoted(tmp_path):
    (tmp_path / "my fit.py").write_text(GUARD)
    assert suggestions(tmp_path)[0] == "perfwatch run 'my fit.py'"


def test_more_of_one_kind_come_before_what_works_anywhere(tmp_path):
    write(tmp_path, a_py=GUARD, b_py="print(1)\n", c_py=GUARD)
    assert suggestions(tmp_path) == ("perfwatch run a.py", "perfwatch run b.py", "perfwatch run c.py")


def test_tests_and_the_installer_are_not_suggested(tmp_path):
    write(tmp_path, setup_py="print(1)\n", test_x_py=GUARD, broken_py="a = = 1\n")
    assert not any(".py" in command for command in suggestions(tmp_path))

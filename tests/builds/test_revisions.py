"""What git knows of two sides, in real repositories."""

from __future__ import annotations

import subprocess

import pytest

from perfwatch.builds.revisions import (
    base_of,
    can_change_nothing,
    changed_files,
    head_of,
    messages_between,
    needs_building,
    repository,
    resolve,
)
from perfwatch.errors import NotComparable, UsageError

pytestmark = pytest.mark.smoke


def git(folder, *arguments):
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder, name, content="", message="a commit"):
    (folder / name).write_text(content, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def place(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    return tmp_path


def test_a_folder_inside_a_repository_knows_its_top(place):
    commit(place, "one.py")
    (place / "inside").mkdir()
    assert repository(place / "inside") == place


def test_a_name_stands_for_its_commit(place):
    first = commit(place, "one.py")
    git(place, "tag", "v1")
    commit(place, "two.py")
    assert resolve(place, "v1") == first
    with pytest.raises(UsageError, match="no revision 'v2'"):
        resolve(place, "v2")


def test_head_is_the_work_tree_and_says_whether_it_has_changes(place):
    first = commit(place, "one.py")
    clean = head_of(place, None)
    assert (clean.commit, clean.work_tree, clean.dirty) == (first, True, False)
    (place / "one.py").write_text("changed", encoding="utf-8")
    assert head_of(place, None).dirty


def test_base_is_where_a_branch_left_the_main_one(place):
    first = commit(place, "one.py")
    git(place, "checkout", "--quiet", "-b", "topic")
    commit(place, "two.py")
    git(place, "checkout", "--quiet", "main")
    commit(place, "three.py")
    git(place, "checkout", "--quiet", "topic")
    assert base_of(place, None, head_of(place, None)).commit == first


def test_on_the_main_branch_base_is_the_last_commit_or_the_one_before(place):
    first = commit(place, "one.py")
    second = commit(place, "two.py")
    assert base_of(place, None, head_of(place, None)).commit == first
    (place / "new.py").write_text("", encoding="utf-8")
    assert base_of(place, None, head_of(place, None)).commit == second


def test_the_first_commit_has_no_base(place):
    commit(place, "one.py")
    with pytest.raises(NotComparable, match="nothing to compare it with"):
        base_of(place, None, head_of(place, None))


def test_branches_without_a_common_commit_are_not_comparable(place):
    commit(place, "one.py")
    git(place, "checkout", "--quiet", "--orphan", "other")
    commit(place, "two.py")
    with pytest.raises(NotComparable, match="no commit in common"):
        base_of(place, None, head_of(place, None))


def test_without_a_main_branch_base_is_to_be_named(place):
    first = commit(place, "one.py")
    git(place, "branch", "-m", "work")
    head = head_of(place, None)
    with pytest.raises(UsageError, match="No main branch"):
        base_of(place, None, head)
    assert base_of(place, "HEAD", head).commit == first


def test_changed_files_are_those_of_the_work_tree_with_new_ones(place):
    commit(place, "one.py")
    commit(place, "two.py", "2")
    (place / "three.py").write_text("", encoding="utf-8")
    head = head_of(place, None)
    base = base_of(place, "HEAD^", head)
    assert changed_files(place, base, head) == ("three.py", "two.py")


def test_messages_are_those_of_heads_own_commits(place):
    commit(place, "one.py", message="old")
    commit(place, "two.py", message="new\n\nwith a body")
    head = head_of(place, None)
    ((one, message),) = messages_between(place, base_of(place, None, head), head)
    assert one == head.commit
    assert message.strip() == "new\n\nwith a body"


@pytest.mark.parametrize(
    ("path", "nothing"),
    [
        ("README.md", True),
        ("docs/conf.py", True),
        (".github/workflows/ci.yml", True),
        ("LICENSE", True),
        ("package/readme.md", True),
        ("package/data.json", False),
        ("pyproject.toml", False),
        ("docstrings.py", False),
        ("requirements.txt", False),
    ],
)
def test_only_what_no_benchmark_could_notice_changes_nothing(path, nothing):
    assert can_change_nothing(path) is nothing


@pytest.mark.parametrize(
    ("path", "built"),
    [
        ("src/fast.pyx", True),
        ("pyproject.toml", True),
        ("requirements-dev.txt", True),
        ("uv.lock", True),
        ("package/fit.py", False),
        ("notes.txt", False),
    ],
)
def test_compiled_code_and_dependencies_need_more_than_a_tree(path, built):
    assert needs_building(path) is built

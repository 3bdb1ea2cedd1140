"""What git knows: revisions, merge bases, what a change touches.

It must not change the user's work tree, index, branches or configuration.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.environment.bounded import Answer, Bounds
from perfwatch.environment.git import ask_git
from perfwatch.errors import NotComparable, UsageError

if TYPE_CHECKING:
    from pathlib import Path

#: Where the main branch may be, the remote's own word first.
MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_BOUNDS = Bounds(timeout_s=120.0, with_stderr=True)
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".pyx", ".pxd", ".f", ".f90", ".rs", ".cu")
#: Folders whose C files are examples or inputs.
_NOT_OWN = frozenset({"test", "tests", "doc", "docs", "example", "examples", "benchmarks"})
_DEEPEN = "git fetch --unshallow"
_NO_GIT = "Name the two trees: perfwatch gate --base-dir OLD --head-dir NEW TARGET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One side of a gate in git: a commit, or the work tree on top of one (``commit`` is then its HEAD).

    ``chosen`` says in words how it was found.
    """

    commit: str
    chosen: str
    work_tree: bool = False
    dirty: bool = False

    @property
    def short(self) -> str:
        """The first ten digits, which a person can compare."""
        return self.commit[:10]


def repository(folder: Path) -> Path:
    """Return the top of the git work tree around a folder.

    Raises ``UsageError`` where there is none, or no git.
    """
    answer = _git(folder, "rev-parse", "--show-toplevel")
    if answer.status != 0:
        raise UsageError(
            f"{folder} is in no git repository: {_said(answer)}",
            means="There is no revision to compare with.",
            do=_NO_GIT,
        )
    return type(folder)(_said(answer))


def resolve(root: Path, name: str) -> str:
    """Return the commit that a name stands for; raises ``UsageError`` for a name that stands for none."""
    answer = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if answer.status == 0:
        return _said(answer)
    shallow = _is_shallow(root)
    raise UsageError(
        f"git knows no revision {name!r} here.",
        means="Nothing was measured."
        + (" This clone is shallow: older commits are not in it." if shallow else ""),
        do=_DEEPEN if shallow else "git log --oneline --all shows what there is.",
    )


def head_of(root: Path, name: str | None) -> Revision:
    """Return the head side: a named revision, else the work tree as it is."""
    if name is not None:
        return Revision(commit=resolve(root, name), chosen=f"head is {name}")
    commit = resolve(root, "HEAD")
    status = _git(root, "status", "--porcelain", "--untracked-files=normal")
    dirty = bool(_said(status))
    chosen = "head is the work tree" + (", with changes that are not committed" if dirty else "")
    return Revision(commit=commit, chosen=chosen, work_tree=True, dirty=dirty)


def base_of(root: Path, name: str | None, head: Revision) -> Revision:
    """Return the base side: a named revision, else where head left the main branch.

    On the main branch itself that is head's own commit where there are
    uncommitted changes, else the commit before it.

    Raises ``NotComparable`` where there is no such place.
    """
    if name is not None:
        return Revision(commit=resolve(root, name), chosen=f"base is {name}")
    for branch in MAIN_BRANCHES:
        if _git(root, "rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}").status == 0:
            return _merge_base(root, branch, head)
    raise UsageError(
        f"No main branch was found: none of {', '.join(MAIN_BRANCHES)} is there.",
        means="It is not known what to compare with.",
        do="Name it: perfwatch gate --base REV TARGET",
    )


def _merge_base(root: Path, branch: str, head: Revision) -> Revision:
    answer = _git(root, "merge-base", head.commit, branch)
    if answer.status != 0:
        shallow = _is_shallow(root)
        raise NotComparable(
            f"head and {branch} have no commit in common"
            + (": this clone is shallow, and does not reach back so far." if shallow else "."),
            means="Nothing was measured: an older or newer base would blame head for what others changed.",
            do=_DEEPEN if shallow else "Name a base: perfwatch gate --base REV TARGET",
        )
    commit = _said(answer)
    if commit != head.commit:
        return Revision(commit=commit, chosen=f"base is where head left {branch}")
    if head.dirty:
        return Revision(commit=commit, chosen="base is the last commit: head is on the main branch")
    parent = _git(root, "rev-parse", "--verify", "--quiet", f"{head.commit}^")
    if parent.status == 0:
        return Revision(
            commit=_said(parent), chosen="base is the commit before head: head is on the main branch"
        )
    raise NotComparable(
        "head is the first commit that is here, and has no changes: there is nothing to compare it with.",
        means="Nothing was measured.",
        do=_DEEPEN if _is_shallow(root) else "Commit a change, or name two revisions: --base REV --head REV",
    )


def changed_files(root: Path, base: Revision, head: Revision) -> tuple[str, ...]:
    """Return the paths, from the repository's top, that differ between the two sides."""
    sides = [base.commit] if head.work_tree else [base.commit, head.commit]
    answer = _git(root, "diff", "--name-only", "-z", "--no-renames", *sides, "--")
    found = set(_names(answer))
    if head.work_tree:
        found |= set(_names(_git(root, "ls-files", "-z", "--others", "--exclude-standard")))
    return tuple(sorted(found))


def messages_between(root: Path, base: Revision, head: Revision) -> tuple[tuple[str, str], ...]:
    """Return commit and message of each commit that head has and base has not, the newest first."""
    answer = _git(root, "log", "--format=%H%x1f%B%x1e", f"{base.commit}..{head.commit}", "--")
    rows = answer.output.decode(errors="replace").split("\x1e") if answer.status == 0 else []
    return tuple((one, message) for row in rows for one, _, message in [row.strip().partition("\x1f")] if one)


def can_change_nothing(path: str) -> bool:
    """Whether a file cannot be code, data or settings of a benchmark: documentation, licences, what forges read."""
    parts = path.split("/")
    name = parts[-1]
    return (
        name.lower().endswith((".md", ".rst"))
        or parts[0] in {"docs", "doc", ".github", ".gitlab"}
        or name.upper().startswith(("LICENSE", "LICENCE", "CHANGELOG", "AUTHORS", "CONTRIBUTORS"))
        or name in {".gitignore", ".gitattributes", ".mailmap", "CITATION.cff", ".pre-commit-config.yaml"}
    )


def needs_building(path: str) -> bool:
    """Whether a file is compiled, or decides what is installed: a tree alone does not bring it into force."""
    name = path.rpartition("/")[2]
    return (
        name.endswith(_COMPILED)
        or name
        in {"pyproject.toml", "setup.py", "setup.cfg", "meson.build", "CMakeLists.txt", "environment.yml"}
        or name.endswith(".lock")
        or (name.startswith("requirements") and name.endswith(".txt"))
    )


def compiled_sources(root: Path, commit: str, inside: str) -> tuple[str, ...]:
    """Return the project's files at a commit that only a compiler brings into force, tests and examples apart."""
    answer = _git(root, "ls-tree", "-r", "--name-only", "-z", commit, "--", inside or ".")
    return tuple(
        name
        for name in _names(answer)
        if name.endswith(_COMPILED) and not _NOT_OWN.intersection(name.lower().split("/")[:-1])
    )


def tree_id(root: Path, commit: str, inside: str) -> str:
    """Return git's digest of the project's files at a commit."""
    name = f"{commit}:{inside}" if inside not in {"", "."} else f"{commit}^{{tree}}"
    return _said(_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name))


def dirty_files(root: Path, head: Revision) -> tuple[str, ...]:
    """Return the paths, from the repository's top, in which the work tree differs from its commit."""
    return changed_files(root, Revision(commit=head.commit, chosen=""), head)


def forget(root: Path, place: Path) -> None:
    """Make git forget a tree that ``check_out`` made, and remove it."""
    _git(root, "worktree", "remove", "--force", str(place))


def check_out(root: Path, commit: str, place: Path) -> None:
    """Put a commit's files into a new folder, as a work tree of its own that git forgets with the folder.

    Raises ``NotComparable`` where git cannot.
    """
    _git(root, "worktree", "prune")
    answer = _git(root, "worktree", "add", "--detach", "--force", str(place), commit)
    if answer.status != 0:
        shutil.rmtree(place, ignore_errors=True)
        raise NotComparable(
            f"git cannot check out {commit[:10]}: {_said(answer)[-500:]}",
            means="This side has no tree, so nothing was measured.",
            do="See what it says: git worktree add --detach /tmp/base " + commit[:10],
        )


def _names(answer: Answer) -> list[str]:
    return [name for name in answer.output.decode(errors="surrogateescape").split("\0") if name]


def _is_shallow(root: Path) -> bool:
    return _said(_git(root, "rev-parse", "--is-shallow-repository")) == "true"


def _said(answer: Answer) -> str:
    return answer.output.decode(errors="backslashreplace").strip()


def _git(folder: Path, *arguments: str) -> Answer:
    answer = ask_git(folder, *arguments, bounds=_BOUNDS)
    if answer is None:
        raise UsageError("git is not installed.", means="There is no revision to compare with.", do=_NO_GIT)
    return answer

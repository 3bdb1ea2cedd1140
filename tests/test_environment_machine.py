import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from builders import make_environment

from perfwatch.environment import (
    capture_commit,
    capture_environment,
    digest_sources,
    machine,
    probe_interpreter,
)
from perfwatch.environment.capture import with_key
from perfwatch.environment.machine import GroupLimits, free_bytes
from perfwatch.records.run import Commit

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and /sys")
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


@pytest.fixture(scope="module")
def ours():
    return probe_interpreter(sys.executable)


def tree(root, files):
    """Write small files by their path below the root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


# The record


@pytest.mark.smoke
def test_the_environment_says_what_the_target_runs_on(ours, tmp_path):
    environment = capture_environment(ours, tmp_path, {"OMP_NUM_THREADS": "2"})
    assert environment.python == platform.python_version()
    assert environment.system.startswith(platform.system())
    assert 1 <= environment.cores_count <= (os.cpu_count() or 1)
    assert environment.memory_bytes > 100_000_000
    assert environment.processor
    assert environment.libraries["pytest"] == pytest.__version__
    assert environment.threads["OMP_NUM_THREADS"] == "2"
    assert environment.threads["MKL_NUM_THREADS"] == "not set"
    assert environment.threads["PYTHONHASHSEED"] == "not set"
    assert len(environment.key) == 12


def test_the_users_home_is_not_named(ours, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME" if os.name != "nt" else "USERPROFILE", str(tmp_path))
    interpreter = replace(ours, executable=str(tmp_path / "env" / "bin" / "python"))
    environment = capture_environment(interpreter, tmp_path)
    assert environment.executable == str(Path("~/env/bin/python"))
    assert str(tmp_path) not in repr(environment)


CHANGES_THAT_PART = {
    "processor": {"processor": "Another CPU"},
    "cores": {"cores_count": 4},
    "half the memory": {"memory_bytes": 4_000_000_000},
    "system family": {"system": "Darwin 23.1"},
    "minor version": {"python": "3.12.7"},
    "implementation": {"implementation": "PyPy"},
    "numpy": {"libraries": {"numpy": "2.0.1"}},
    "numba": {"libraries": {"numpy": "2.0.0", "numba": "0.60"}},
    "threads": {"threads": {"OMP_NUM_THREADS": "1"}},
}
CHANGES_THAT_DO_NOT = {
    "kernel": {"system": "Linux 6.9"},
    "some megabytes": {"memory_bytes": 8_010_000_000},
    "patch release": {"python": "3.11.9"},
    "load": {"load_average": 7.0},
    "folder": {"executable": "/opt/python"},
    "plotting": {"libraries": {"numpy": "2.0.0", "matplotlib": "3.9"}},
    "hash seed": {"threads": {"OMP_NUM_THREADS": "not set", "PYTHONHASHSEED": "0"}},
}


@pytest.mark.parametrize("change", CHANGES_THAT_PART)
def test_the_key_differs_with_whatever_makes_times_differ(change):
    assert key_of(**CHANGES_THAT_PART[change]) != key_of()


@pytest.mark.parametrize("change", CHANGES_THAT_DO_NOT)
def test_the_key_stays_with_what_does_not_part_runs(change):
    assert key_of(**CHANGES_THAT_DO_NOT[change]) == key_of()


def key_of(**changes):
    return with_key(make_environment(**changes)).key


# The machine


def test_the_processor_is_named_in_its_makers_words(tmp_path):
    tree(
        tmp_path,
        {"cpuinfo": "processor\t: 0\nmodel name\t: Example  CPU @ 2GHz\nflags\t: fpu\n\nprocessor: 1\n"},
    )
    assert machine.processor(tmp_path) == "Example CPU @ 2GHz"


def test_a_processor_without_a_name_is_told_by_its_numbers(tmp_path):
    tree(tmp_path, {"cpuinfo": "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\n"})
    assert machine.processor(tmp_path).endswith("implementer 0x41 part 0xd0c")


def test_the_tightest_group_above_us_binds_in_version_2(tmp_path):
    tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/user/job\n",
            "groups/cpu.max": "max 100000\n",
            "groups/user/cpu.max": "150000 100000\n",
            "groups/user/job/cpu.max": "400000 100000\n",
            "groups/user/job/memory.max": "2000000000\n",
            "groups/user/memory.max": "max\n",
        },
    )
    limits = machine.group_limits(tmp_path / "proc", tmp_path / "groups")
    assert limits == GroupLimits(cores=1.5, memory_bytes=2_000_000_000)


def test_version_1_groups_are_read_and_its_no_limit_is_none(tmp_path):
    tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n",
            "groups/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
            "groups/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "groups/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    limits = machine.group_limits(tmp_path / "proc", tmp_path / "groups")
    assert limits == GroupLimits(cores=2.0, memory_bytes=None)


def test_no_groups_mean_no_limits(tmp_path):
    assert machine.group_limits(tmp_path, tmp_path) == GroupLimits()


def test_a_quota_counts_as_whole_cores_and_never_as_none():
    assert machine.cores_count(GroupLimits(cores=0.2)) == 1
    assert machine.cores_count(GroupLimits(cores=10_000)) == machine.allowed_cores_count()


def test_memory_is_what_the_group_grants():
    assert machine.memory_bytes(GroupLimits(memory_bytes=50_000_000)) == 50_000_000


@pytest.mark.parametrize(
    ("files", "environ", "expected"),
    [
        ({}, {}, None),
        ({".dockerenv": ""}, {}, "container (docker)"),
        ({"proc/1/cgroup": "0::/kubepods/pod1"}, {}, "container (kubepods)"),
        ({}, {"APPTAINER_NAME": "image.sif"}, "container (apptainer)"),
        ({"sys/class/dmi/id/sys_vendor": "QEMU"}, {}, "virtual machine (QEMU)"),
        ({"proc/cpuinfo": "flags : fpu hypervisor"}, {}, "virtual machine"),
        (
            {"run/.containerenv": "", "sys/class/dmi/id/product_name": "VMware7,1"},
            {},
            "container (podman) in a virtual machine (VMware)",
        ),
    ],
)
def test_what_stands_before_the_hardware_is_named(tmp_path, files, environ, expected):
    assert machine.virtualisation(tree(tmp_path, files), environ) == expected


@linux
def test_what_a_place_does_not_allow_is_said_in_sentences(tmp_path):
    root = tree(
        tmp_path,
        {
            "proc/sys/kernel/yama/ptrace_scope": "2\n",
            "proc/sys/kernel/perf_event_paranoid": "4\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
            "sys/devices/system/cpu/intel_pstate/no_turbo": "0\n",
        },
    )
    limits = machine.what_is_not_allowed(tmp_path, GroupLimits(cores=0.5), root)
    text = " ".join(limits)
    for word in ("ptrace_scope is 2", "perf_event_paranoid is 4", "powersave", "Turbo", "0.5 cores"):
        assert word in text
    assert all(sentence.endswith(".") for sentence in limits)


@linux
def test_an_open_place_has_no_limits_of_the_system(tmp_path):
    root = tree(
        tmp_path,
        {
            "proc/sys/kernel/yama/ptrace_scope": "0",
            "proc/sys/kernel/perf_event_paranoid": "1",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance",
        },
    )
    sentences = machine.what_is_not_allowed(tmp_path, GroupLimits(), root)
    assert not [sentence for sentence in sentences if "may use" not in sentence]


# The sources


def git(folder, *arguments):
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    folder = tree(tmp_path / "project", {"a.py": "x = 1\n", "pkg/b.py": "y = 2\n", "note.txt": "n"})
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_a_commit_has_revision_branch_and_state(repository):
    commit = capture_commit(repository)
    assert commit.revision is not None
    assert len(commit.revision) == 40
    assert (commit.branch, commit.dirty) == ("trunk", False)
    (repository / "new.txt").write_text("")
    assert capture_commit(repository / "pkg").dirty is False
    (repository / "a.py").write_text("x = 2\n")
    assert capture_commit(repository).dirty is True


def test_a_detached_head_has_no_branch(repository):
    git(repository, "checkout", "-q", "--detach")
    commit = capture_commit(repository)
    assert commit.branch is None
    assert commit.revision is not None


def test_a_repository_without_a_commit_has_no_revision(tmp_path):
    git(tmp_path, "init", "-q", "-b", "trunk")
    assert capture_commit(tmp_path) == Commit(branch="trunk", dirty=False)


def test_outside_git_everything_is_none(tmp_path):
    assert capture_commit(tmp_path) == Commit()
    assert capture_commit(tmp_path / "gone") == Commit()


def test_without_git_everything_is_none(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert capture_commit(repository) == Commit()
    assert digest_sources(repository)


def test_a_hooks_variables_do_not_lead_to_another_repository(repository, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    assert capture_commit(repository).branch == "trunk"


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_a_repository_of_one_other_owner_is_read_and_one_of_mixed_owners_is_not(repository):
    for path in (repository, *repository.rglob("*")):
        os.chown(path, 12_345, 12_345)
    assert capture_commit(repository).branch == "trunk"
    os.chown(repository / ".git", 54_321, 54_321)
    assert capture_commit(repository) == Commit()


@posix
def test_the_index_is_not_touched(repository):
    index = repository / ".git/index"
    before = index.stat().st_mtime_ns
    os.utime(repository / "a.py", (1, 1))
    capture_commit(repository)
    assert index.stat().st_mtime_ns == before


def test_the_digest_follows_content_and_not_times(repository):
    before = digest_sources(repository)
    os.utime(repository / "a.py", (1, 1))
    (repository / "note.txt").write_text("other")
    assert digest_sources(repository) == before
    (repository / "pkg/b.py").write_text("y = 3\n")
    assert digest_sources(repository) != before


@pytest.mark.parametrize("name", ["new.py", "fast.pyx", "kernel.c", "pyproject.toml"])
def test_a_new_source_changes_the_digest_before_it_is_tracked(repository, name):
    before = digest_sources(repository)
    (repository / name).write_text("")
    assert digest_sources(repository) != before


def test_an_ignored_file_does_not_change_the_digest(repository):
    before = digest_sources(repository)
    (repository / ".gitignore").write_text("made.py\n")
    (repository / "made.py").write_text("z = 1\n")
    assert digest_sources(repository) == before


def test_a_renamed_source_changes_the_digest(repository):
    before = digest_sources(repository)
    (repository / "a.py").rename(repository / "c.py")
    assert digest_sources(repository) != before


def test_outside_git_caches_builds_and_environments_do_not_count(tmp_path):
    tree(tmp_path, {"a.py": "x = 1\n", "pkg/b.py": "y = 2\n"})
    before = digest_sources(tmp_path)
    skipped = ("__pycache__/a.py", ".hidden/a.py", "build/a.py", "mine/lib/a.py", "x.egg-info/a.py")
    tree(tmp_path, dict.fromkeys([*skipped, "mine/pyvenv.cfg"], ""))
    assert digest_sources(tmp_path) == before
    tree(tmp_path, {"pkg/c.py": ""})
    assert digest_sources(tmp_path) != before


@posix
def test_links_and_pipes_do_not_lead_the_digest_astray(tmp_path):
    project = tree(tmp_path / "project", {"a.py": "x = 1\n"})
    outside = tree(tmp_path, {"outside.py": "y = 1\n"}) / "outside.py"
    os.mkfifo(project / "pipe.py")
    (project / "loop.py").symlink_to(project / "loop.py")
    (project / "endless.py").symlink_to("/dev/zero")
    (project / "linked.py").symlink_to(outside)
    before = digest_sources(project)
    outside.write_text("y = 2\n")
    assert digest_sources(project) == before


def test_a_folder_that_is_not_there_has_the_digest_of_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    assert digest_sources(tmp_path / "gone") == digest_sources(tmp_path / "empty")


def test_free_memory_is_what_the_tightest_group_has_left(tmp_path):
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    (proc / "self").mkdir(parents=True)
    (proc / "self/cgroup").write_text("0::/job/step\n")
    (groups / "job/step").mkdir(parents=True)
    (groups / "job/memory.max").write_text("5000000\n")
    (groups / "job/memory.current").write_text("1000000\n")
    (groups / "job/step/memory.max").write_text("max\n")
    (groups / "job/step/memory.current").write_text("900000\n")
    assert free_bytes(proc, groups) == 4_000_000
    (groups / "job/memory.current").write_text("6000000\n")
    assert free_bytes(proc, groups) == 0


def test_without_groups_free_memory_is_the_machines(tmp_path):
    assert 0 < free_bytes(tmp_path / "proc", tmp_path / "groups") <= psutil.virtual_memory().total

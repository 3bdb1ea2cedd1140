"""Bad stores and full disks: nothing is overwritten, what was stored is kept, and the exit code is 7."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from bad_input import assert_failed, assert_refused, flat, stored_of, write
from running import perfwatch, report_of

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

TIMING = ("--passes", "timing")


@pytest.fixture
def project(tmp_path):
    """A project folder with one script that runs well."""
    folder = tmp_path / "project"
    write(folder, "print('ran')\n", "good.py")
    return folder


def assert_not_begun(done, *parts):
    assert_refused(done, 7, *parts)
    assert done.stdout == ""  # the target did not run


def test_a_store_below_a_file_is_refused_before_anything_runs(project):
    write(project, "not a folder", "plain")
    done = perfwatch("run", "--store", "plain/perfwatch.db", "good.py", cwd=project)
    assert_not_begun(
        done,
        f"{project}/plain/perfwatch.db cannot be written: {project}/plain is a file.",
        "Without it nothing that is measured could be kept.",
        "Name a file in a folder",
    )
    assert (project / "plain").read_text() == "not a folder"


def test_a_store_that_is_a_folder_is_refused_with_a_name_that_would_do(project):
    done = perfwatch("run", "--store", ".", "good.py", cwd=project)
    assert_not_begun(
        done, "cannot be written: it is a folder.", "Without it nothing", f"--store {project}/perfwatch.db"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_store_where_even_root_may_not_write_is_refused(project):
    done = perfwatch("run", "--store", "/proc/self/perfwatch.db", "good.py", cwd=project)
    assert_not_begun(
        done, "/perfwatch.db cannot be written", "Without it nothing", "name another file: --store PATH"
    )


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_in_a_read_only_folder_is_refused(project):
    (project / "locked").mkdir(mode=0o555)
    done = perfwatch("run", "--store", "locked/perfwatch.db", "good.py", cwd=project)
    assert_not_begun(done, "cannot be written", "Without it nothing", "writable")


def test_a_store_of_a_newer_schema_is_left_as_it_is(project):
    assert perfwatch("run", *TIMING, "good.py", cwd=project).returncode == 0
    database = project / ".perfwatch" / "perfwatch.db"
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9000'")
        connection.execute("CREATE TABLE of_the_future (something)")
    before = database.read_bytes()
    for verb in (("run", *TIMING, "good.py"), ("runs",)):
        done = perfwatch(*verb, cwd=project)
        assert_not_begun(
            done,
            "was written by a newer perfwatch (schema 9000)",
            "left the file untouched",
            "Upgrade perfwatch (pip install --upgrade perfwatch)",
        )
    assert database.read_bytes() == before


@pytest.mark.parametrize("damage", ["not-a-database", "torn"])
def test_a_damaged_store_is_named_and_left_as_it_is(damage, project):
    assert perfwatch("run", *TIMING, "good.py", cwd=project).returncode == 0
    database = project / ".perfwatch" / "perfwatch.db"
    content = bytearray(database.read_bytes())
    if damage == "torn":
        content[100:4096] = b"\xa5" * 3996  # the first page, behind its heading: the schema
    else:
        content[:] = b"These are no pages of a database.\n" * 1000
    database.write_bytes(content)
    done = perfwatch("run", *TIMING, "good.py", cwd=project)
    assert_not_begun(
        done, f"The store {database} is damaged:", "It was left as it is.", "Move it aside (mv perfwatch.db"
    )
    assert database.read_bytes() == content
    shutil.move(database, database.with_suffix(".damaged"))
    assert perfwatch("run", *TIMING, "good.py", cwd=project).returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 400 kB; skipped where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if sys.platform != "linux" or mount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


FILLS_IN_MEMORY_PASS = """
import os, sys
if "memray" in sys.modules:
    with open(os.environ["FILL"], "wb", buffering=0) as file:
        while True:
            try:
                if file.write(bytes(1024)) < 1024:
                    break
            except OSError:
                break
print("ran")
"""


def test_a_disk_that_fills_up_during_a_pass_loses_that_pass_alone(project, small_disk):
    write(project, FILLS_IN_MEMORY_PASS, "fills.py")
    store = small_disk / "perfwatch.db"
    done = perfwatch(
        *("run", "--passes", "memory,io", "--store", store, "fills.py"),
        cwd=project,
        env={"FILL": str(small_disk / "fill")},
    )
    assert done.returncode == 7, done.stderr
    told = flat(done.stderr)
    assert f"There is no room left for the store {store}." in told
    assert (
        "The memory pass of script:fills.py could not be stored. Passes that were stored before are kept."
        in told
    )
    assert "Free some space on that disk" in told
    assert "Traceback" not in told
    assert done.stdout == "ran\n"
    (small_disk / "fill").unlink()
    shown = perfwatch("report", "--store", store, "--format", "json", cwd=project)
    assert shown.returncode == 0, shown.stderr
    assert '"median_ns"' in shown.stdout
    again = perfwatch("run", *TIMING, "--store", store, "good.py", cwd=project)
    assert again.returncode == 0, again.stderr


def test_a_store_on_a_full_disk_is_refused_before_anything_runs(project, small_disk):
    (small_disk / "fill").write_bytes(bytes(400 * 1024))
    done = perfwatch("run", "--store", small_disk / "perfwatch.db", "good.py", cwd=project)
    assert_not_begun(done, "There is no room left for the store", "could not be stored", "Free some space")


ALLOCATES = """
held = []
def fill(n):
    for i in range(n):
        held.append(bytearray(600 + i % 900))
fill(200_000)
"""


def test_a_capture_that_the_disk_has_no_room_for_is_a_stored_failure_and_no_figure(project, small_disk):
    write(project, ALLOCATES, "allocates.py")
    done = perfwatch(
        *("run", "--passes", "memory", "allocates.py"), cwd=project, env={"TMPDIR": str(small_disk)}
    )
    assert_failed(
        done,
        project,
        code=7,
        said=(
            f"There is no room left for scratch files in {small_disk}.",
            "finished passes are kept",
            "or set TMPDIR to a folder on another disk",
        ),
        kind="collector",
        **{"pass": "memory"},
    )
    (benchmark,) = stored_of(project)["benchmarks"]
    assert benchmark["timing"]["processes"]
    assert "peak_memory_bytes" not in benchmark["metrics"]


def test_a_scratch_disk_that_the_target_fills_is_a_stored_failure(project, small_disk):
    text = "import os\nopen(os.environ['FILL'], 'wb', buffering=0).write(bytes(400 * 1024))\n"
    write(project, text, "fills.py")
    done = perfwatch(
        *("run", "--passes", "cpu,memory", "fills.py"),
        cwd=project,
        env={"TMPDIR": str(small_disk), "FILL": str(small_disk / "fill")},
    )
    assert_failed(
        done,
        project,
        code=7,
        said=("There is no room left for scratch files", "finished passes are kept", "set TMPDIR"),
        kind="collector",
    )
    assert report_of(project)["benchmarks"][0]["timing"]["median_ns"] > 0
    assert list(small_disk.glob("perfwatch-*")) == []


def test_a_report_that_finds_no_room_is_shown_and_can_be_made_again(project, small_disk):
    (small_disk / "fill").write_bytes(bytes(400 * 1024))
    done = perfwatch("run", *TIMING, "--out", small_disk / "report", "good.py", cwd=project)
    assert done.returncode == 7
    told = flat(done.stderr)
    assert "The report could not be written to" in told
    assert "The run itself is stored" in told
    assert "perfwatch report --out FILE" in told
    assert "Benchmarks" in told
    assert perfwatch("report", "--out", "again.json", cwd=project).returncode == 0


def test_a_json_file_below_a_file_is_told_and_the_run_is_kept(project):
    done = perfwatch("run", *TIMING, "--json", "good.py/report.json", "good.py", cwd=project)
    assert done.returncode == 7
    assert "The report could not be written to good.py/report.json" in flat(done.stderr)
    assert "The run itself is stored" in flat(done.stderr)
    assert "Traceback" not in done.stderr
    assert report_of(project)["failures"] == []

"""Recordings read in four ways: the same bytes, and files that are not what they should be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from stages import drawn, verdict

from perfwatch.workloads.intent import files
from perfwatch.workloads.intent.table_two import FILES

FORMS = (files.reference, files.memmap, files.chunks, files.ring_buffer)
BY_BLOCKS = (files.chunks, files.ring_buffer)


def recorded(seed=0):
    (found,) = drawn(FILES, seeds_count=1) if seed == 0 else [files.inputs("small", seed)]
    return found


def test_a_mean_is_that_of_its_block_and_the_last_frames_are_the_last():
    asked = recorded()
    rows = np.load(files.path_of(asked.names[2]))
    found = files.ring_buffer(asked)
    assert np.allclose(found.means[2], rows.reshape(-1, files.BLOCK_FRAMES, 6).mean(axis=1), rtol=1e-12)
    assert np.array_equal(found.latest[2], rows[-asked.kept_count :])


def test_a_ring_that_is_read_from_its_beginning_is_a_different_answer():
    def unrolled(asked):
        found = files.ring_buffer(asked)
        latest = np.roll(found.latest, files.BLOCK_FRAMES, axis=1)
        return files.FileOutputs(means=found.means, latest=latest)

    assert "latest" in verdict(FILES, unrolled)


def test_an_answer_does_not_hold_a_file_open_or_the_ring_that_it_was_read_through():
    asked = recorded()
    for form in FORMS:
        first = form(asked)
        kept = first.latest.copy()
        form(files.inputs("small", 1))
        assert np.array_equal(first.latest, kept)
        assert type(first.latest) is np.ndarray


@pytest.mark.parametrize("form", FORMS)
def test_a_recording_that_ends_in_the_middle_is_an_error(form, monkeypatch, tmp_path):
    asked = recorded()
    whole = files.path_of(asked.names[0]).read_bytes()
    (tmp_path / asked.names[0]).write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr(files, "path_of", lambda name: tmp_path / name)
    with pytest.raises((ValueError, OSError), match=r"middle|read all data|length|EOF|mmap"):
        form(asked)


@pytest.mark.parametrize("form", BY_BLOCKS)
def test_a_recording_of_another_shape_is_refused_before_it_is_read(form, monkeypatch, tmp_path):
    asked = recorded()
    np.save(tmp_path / asked.names[0], np.zeros((asked.frames_count, 3)))
    monkeypatch.setattr(files, "path_of", lambda name: tmp_path / name)
    with pytest.raises(ValueError, match="not float64 of"):
        form(asked)


def test_the_files_are_gone_with_their_process():
    code = (
        "from perfwatch.workloads.intent import files; made = files.inputs('small', 0);"
        "files.chunks(made); print(files.path_of(made.names[0]).parent)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "perfwatch-intent-" in done.stdout
    assert not Path(done.stdout.strip()).exists()

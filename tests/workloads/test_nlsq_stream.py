"""Streamed fits: parameters within 1%, the same bytes after an interruption, and files that are not as they should be."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stages import one_thread, verdict
from tools import need_module

from perfwatch.errors import TargetFailed
from perfwatch.workloads import catalogue
from perfwatch.workloads.nlsq import checkpoints, stream
from perfwatch.workloads.nlsq.checkpoints import Checkpoint
from perfwatch.workloads.nlsq.streaming import (
    Progress,
    Schedule,
    StreamSettings,
    Update,
    begin,
)
from perfwatch.workloads.nlsq.table_two import COMBINED, STREAM

__all__ = ["one_thread"]  # a fixture that holds for the whole module

h5py = need_module("h5py", "h5py")
from perfwatch.workloads.nlsq import stream_hdf5  # noqa: E402 - only where h5py is

#: Six batches an epoch, the last one short; a checkpoint every four steps.
QUICK = StreamSettings(
    batch_size=100, max_epochs=5, warmup_steps=10, checkpoint_interval=4, convergence_tol=1e-9
)


@pytest.fixture(scope="module")
def recorded():
    return stream.draw_decay(550, seed=0)


@pytest.fixture
def path(recorded, tmp_path):
    stream_hdf5.write_points(tmp_path / "decay.h5", recorded.x, recorded.y)
    return tmp_path / "decay.h5"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


# Forms


@pytest.fixture(scope="module")
def decays():
    return [stream.inputs("small", seed) for seed in range(2)]


@pytest.fixture(scope="module")
def fitted(decays):
    return [stream.reference(each) for each in decays]


def test_the_streamed_form_ends_within_a_hundredth(decays, fitted):
    assert verdict(STREAM, stream_hdf5.hdf5_stream, inputs=decays, reference=fitted) == ""


def test_sgd_with_momentum_ends_within_a_hundredth_too(decays, fitted):
    settings = replace(stream_hdf5.SETTLING, update=Update.MOMENTUM, learning_rate=0.3)
    assert (
        verdict(STREAM, lambda one: stream_hdf5._streamed(one, settings), inputs=decays, reference=fitted)
        == ""
    )


def test_the_documents_settings_stop_before_they_arrive(decays, fitted):
    reason = verdict(STREAM, stream_hdf5.seed_stream, inputs=decays, reference=fitted)
    assert reason.startswith("parameters: 3 of 3 elements differ")


def test_a_fit_in_memory_finds_what_a_decay_without_noise_was_made_of():
    parameters = np.array([3.0, 1.2, 0.5])
    x = np.linspace(0.0, 5.0, 400)
    asked = stream.DecayInputs(x=x, y=stream.decay(x, parameters)[0], start=parameters * 1.3)
    assert np.allclose(stream.reference(asked).parameters, parameters, rtol=1e-9)


def test_parameters_off_by_more_than_a_hundredth_are_a_different_answer(decays, fitted):
    def off(one):
        found = stream.reference(one)
        return dataclasses.replace(found, parameters=found.parameters * np.array([1.0, 1.0, 1.02]))

    assert verdict(STREAM, off, inputs=decays, reference=fitted).startswith("parameters: 1 of 3")


def test_a_checkpoint_from_which_another_end_is_reached_is_a_different_answer(recorded):
    settings = replace(stream_hdf5.SETTLING, batch_size=10, checkpoint_interval=200)
    found = stream_hdf5._streamed(recorded, settings)
    held = checkpoints.read(found.checkpoint)
    moved = replace(held, progress=replace(held.progress, first=held.progress.first * 1.001))

    def forged(_):
        return replace(found, checkpoint=checkpoints.written(moved))

    judged = {"inputs": [recorded], "reference": [found]}
    assert verdict(STREAM, lambda _: found, **judged) == ""
    assert verdict(STREAM, forged, **judged) == (
        "parameters: going on from the last checkpoint ends with other bytes"
    )


def test_no_file_stays_behind(recorded, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stream_hdf5.hdf5_stream(recorded)
    with pytest.raises(ValueError, match="to unpack"):  # noticed at the first step
        stream_hdf5.hdf5_stream(dataclasses.replace(recorded, start=np.ones(2)))
    assert list(tmp_path.iterdir()) == []


# Interruptions


@pytest.mark.parametrize("way", [(update, schedule) for update in Update for schedule in Schedule])
@pytest.mark.parametrize("stopped_at", [1, 4, 6, 17, 29])
def test_a_fit_that_was_interrupted_ends_with_the_same_bytes(path, folder, recorded, way, stopped_at):
    settings = replace(QUICK, update=way[0], schedule=way[1])
    whole = stream_hdf5.fit_streaming(path, recorded.start, settings)
    stopped = stream_hdf5.fit_streaming(
        path, recorded.start, settings, checkpoints_folder=folder, last_step=stopped_at
    )
    assert (stopped.step, stopped.ended) == (stopped_at, False)
    resumed = stream_hdf5.fit_streaming(path, recorded.start, settings, checkpoints_folder=folder)
    assert (resumed.step, resumed.epoch, resumed.ended) == (30, 5, True)
    assert checkpoints.written(of(resumed)) == checkpoints.written(of(whole))


def of(progress):
    return Checkpoint(progress=progress, settings=QUICK, points_count=550)


def interrupted(path, folder, recorded, last_step=10):
    """Run a fit until it has left two checkpoints, after 4 and 8 steps."""
    stream_hdf5.fit_streaming(path, recorded.start, QUICK, checkpoints_folder=folder, last_step=last_step)
    return sorted(folder.iterdir())


def test_the_last_two_checkpoints_are_kept_and_nothing_half_written(path, folder, recorded):
    names = [one.name for one in interrupted(path, folder, recorded, last_step=29)]
    assert names == ["step-000000024.checkpoint", "step-000000028.checkpoint"]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_a_torn_checkpoint_costs_the_steps_since_the_one_before(path, folder, recorded, share):
    whole = stream_hdf5.fit_streaming(path, recorded.start, QUICK)
    _, last = interrupted(path, folder, recorded)
    content = last.read_bytes()
    last.write_bytes(content[: int(share * len(content))])
    found = checkpoints.newest(folder)
    assert (found.checkpoint.progress.step, found.torn) == (4, (last.name,))
    resumed = stream_hdf5.fit_streaming(path, recorded.start, QUICK, checkpoints_folder=folder)
    assert resumed.parameters.tobytes() == whole.parameters.tobytes()


def test_where_every_checkpoint_is_torn_the_fit_says_so_and_removes_none(path, folder, recorded):
    for one in interrupted(path, folder, recorded):
        one.write_bytes(one.read_bytes()[:-40])
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    with pytest.raises(TargetFailed, match=r"None of the checkpoints .*000000008.*000000004") as caught:
        stream_hdf5.fit_streaming(path, recorded.start, QUICK, checkpoints_folder=folder)
    assert "Empty the folder" in caught.value.do
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


def test_a_changed_digit_is_noticed(path, folder, recorded):
    _, last = interrupted(path, folder, recorded)
    content = last.read_bytes()
    changed = content.replace(b'"step": 8', b'"step": 7')
    assert changed != content
    with pytest.raises(TargetFailed, match="is not whole"):
        checkpoints.read(changed)


@pytest.mark.parametrize(
    ("old", "new"), [(b'"step"', b'"stop"'), (b'"adam"', b'"evil"'), (b'"0x1', b'"x1'), (b"{", b"[")]
)
def test_a_document_that_says_something_else_is_refused_though_its_digest_fits(old, new):
    whole = checkpoints.written(of(begin(np.ones(3))))
    body = whole[-len(whole) + whole.index(b"{") :].replace(old, new)
    head = whole[: whole.index(b"\n") + 1]
    forged = head + hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    with pytest.raises(TargetFailed, match="says something else"):
        checkpoints.read(forged)


@given(st.binary(max_size=300))
def test_any_other_bytes_are_refused_as_a_checkpoint(content):
    with pytest.raises(TargetFailed):
        checkpoints.read(content)


@pytest.mark.parametrize(
    "settings", [replace(QUICK, learning_rate=0.02), replace(QUICK, update=Update.MOMENTUM)]
)
def test_a_checkpoint_of_other_settings_is_refused(path, folder, recorded, settings):
    interrupted(path, folder, recorded)
    with pytest.raises(TargetFailed, match=r"The checkpoint in .* is of 550 points"):
        stream_hdf5.fit_streaming(path, recorded.start, settings, checkpoints_folder=folder)


def test_a_checkpoint_of_other_data_is_refused(path, folder, recorded):
    interrupted(path, folder, recorded)
    stream_hdf5.write_points(path, recorded.x[:500], recorded.y[:500])
    with pytest.raises(TargetFailed, match=r"is of 550 points .* this fit is of 500 points"):
        stream_hdf5.fit_streaming(path, recorded.start, QUICK, checkpoints_folder=folder)


numbers = st.floats(allow_nan=False)
three = st.lists(numbers, min_size=3, max_size=3).map(np.array)


@given(three, three, three, numbers, st.integers(0, 10**9))
def test_a_checkpoint_holds_every_bit(parameters, first, second, loss, step):
    progress = Progress(parameters=parameters, first=first, second=second, epoch_loss=loss, step=step)
    again = checkpoints.read(checkpoints.written(of(progress)))
    assert checkpoints.written(again) == checkpoints.written(of(progress))
    assert again.progress.parameters.tobytes() == parameters.tobytes()
    assert again.progress.earlier_loss == float("inf")
    assert again.settings == QUICK


# Files


def file_with(path, **sets):
    with h5py.File(path, "w") as file:
        for name, data in sets.items():
            file.create_dataset(name, data=data)
    return path


@pytest.mark.parametrize(
    ("sets", "found", "expected"),
    [
        (
            {"x": np.ones(5), "y": np.ones((5, 2))},
            r"y: float64 of shape \(5, 2\)",
            r"y: float64 of shape \(points,\)",
        ),
        ({"x": np.ones(5), "y": np.ones(4)}, r"x of shape \(5,\) and y of shape \(4,\)", "equal shapes"),
        ({"x": np.ones(0), "y": np.ones(0)}, r"x of shape \(0,\)", "equal shapes"),
        ({"x": np.float64(1.0), "y": np.ones(4)}, r"x: float64 of shape \(\)", "x: float64 of shape"),
        ({"x": np.ones(5, np.float32), "y": np.ones(5)}, "x: float32", "x: float64"),
        ({"x": np.ones(5)}, r"no set y \(it has x\)", "y: float64"),
        ({}, r"no set x \(it has nothing\)", "x: float64"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_what_was_expected_and_found(
    tmp_path, recorded, sets, found, expected
):
    path = file_with(tmp_path / "other.h5", **sets)
    with pytest.raises(
        TargetFailed, match=rf"other\.h5 .*{found}.*, where .*{expected}.* was expected"
    ) as caught:
        stream_hdf5.fit_streaming(path, recorded.start, QUICK)
    assert "nothing was fitted" in caught.value.means


def test_what_is_no_hdf5_file_is_refused(tmp_path, recorded):
    path = tmp_path / "text.h5"
    path.write_text("x,y\n1,2\n")
    with pytest.raises(TargetFailed, match="cannot be read as HDF5"):
        stream_hdf5.fit_streaming(path, recorded.start, QUICK)
    with pytest.raises(TargetFailed, match="cannot be read as HDF5"):
        stream_hdf5.fit_streaming(tmp_path / "absent.h5", recorded.start, QUICK)


def test_a_refused_file_is_not_left_open(tmp_path, recorded):
    path = file_with(tmp_path / "other.h5", x=np.ones(5))
    with pytest.raises(TargetFailed):
        stream_hdf5.fit_streaming(path, recorded.start, QUICK)
    with h5py.File(path, "a") as file:  # HDF5 refuses to write a file that is open to be read
        file.create_dataset("y", data=np.ones(5))


# Without h5py


def test_without_h5py_the_stage_names_it_and_its_reference_runs(monkeypatch):
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None if name == "h5py" else object())
    assert [one.name for one in catalogue._ready(STREAM)] == ["reference"]
    assert [one.name for one in catalogue._ready(COMBINED)] == ["reference"]
    (variant,) = [one for one in STREAM.variants if one.name == "hdf5-stream"]
    assert catalogue.missing_packages(variant) == ("h5py",)
    code = (
        "import sys; sys.modules['h5py'] = None\n"
        "from perfwatch.workloads.nlsq import combined, pool, sparse, stream\n"
        "print(stream.reference(stream.draw_decay(1000, 0)).epochs_count)\n"
        "try:\n    import perfwatch.workloads.nlsq.stream_hdf5\n"
        "except ModuleNotFoundError as error:\n    print(error.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, name = done.stdout.split()
    assert int(count) > 1
    assert name == "h5py"


def test_the_defaults_are_the_documents():
    documented = json.loads(
        '{"batch_size": 10000, "max_epochs": 10, "learning_rate": 0.01, "update": "adam", "warmup_steps": 100,'
        '"convergence_tol": 1e-6, "checkpoint_interval": 1000}'
    )
    held = dataclasses.asdict(stream_hdf5.DOCUMENTED)
    assert {name: held[name] for name in documented} == documented

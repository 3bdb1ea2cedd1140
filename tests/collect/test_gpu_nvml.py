"""NVML from outside, over a library that obeys pynvml's interface and has no device behind it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from gpu_records import GIGA, FakeNvml, looked, pynvml, refused

from perfwatch.collect.gpu_nvml import (
    READINGS_AT_MOST,
    REASONS,
    GpuSampler,
    Reading,
    device_row,
    driver_is_here,
    joined,
    load_nvml,
    moments,
)


def row(sampler, number=0):
    return device_row(sampler.units[number], sampler.driver, sampler.readings[number])


def process(pid, held):
    return SimpleNamespace(pid=pid, usedGpuMemory=held, gpuInstanceId=None, computeInstanceId=None)


def test_a_device_has_a_row_with_all_that_it_tells():
    energy = iter((1_000, 2_000, 4_500))
    found = row(looked(3, nvmlDeviceGetTotalEnergyConsumption=lambda _handle: next(energy)))
    assert (found.index, found.name, found.driver) == (0, "Example GPU", "570.12")
    assert (found.memory_bytes, found.peak_used_bytes) == (8 * GIGA, GIGA)
    assert (found.utilisation_percent, found.power_watt, found.clock_megahertz) == (40.0, 150.0, 1_500.0)
    assert found.energy_joule == 3.5
    assert found.throttled == {}


QUESTIONS = {
    "nvmlDeviceGetUtilizationRates": "utilisation_percent",
    "nvmlDeviceGetPowerUsage": "power_watt",
    "nvmlDeviceGetClockInfo": "clock_megahertz",
    "nvmlDeviceGetTotalEnergyConsumption": "energy_joule",
    "nvmlDeviceGetMemoryInfo": "peak_used_bytes",
    "nvmlDeviceGetComputeRunningProcesses": "process_peak_bytes",
    "nvmlDeviceGetName": None,
    "nvmlSystemGetDriverVersion": None,
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "code",
    [
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        pynvml.NVML_ERROR_UNKNOWN,
    ],
)
def test_a_question_that_is_refused_leaves_its_figure_unknown_and_no_other(question, code):
    found = row(looked(2, **{question: refused(code)}))
    known = {
        field: getattr(found, field)
        for field in QUESTIONS.values()
        if field and field != "process_peak_bytes"
    }
    unknown = {QUESTIONS[question]} - {None, "process_peak_bytes"}
    assert {field for field, value in known.items() if value is None} == unknown


def test_everything_refused_leaves_a_row_and_no_moments():
    names = [*QUESTIONS, "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetGraphicsRunningProcesses"]
    sampler = looked(2, **{name: refused() for name in names})
    found = row(sampler)
    assert (found.throttled, found.shared, found.utilisation_percent) == (None, None, None)
    assert moments(sampler.units[0], sampler.readings[0], 0) == ()


def test_an_older_driver_is_asked_for_throttling_by_the_old_name():
    sampler = looked(
        nvmlDeviceGetCurrentClocksEventReasons=refused(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND),
        nvmlDeviceGetCurrentClocksThrottleReasons=pynvml.nvmlClocksThrottleReasonSwPowerCap,
    )
    assert row(sampler).throttled == {"power cap": 1.0}


def test_reasons_are_shares_of_the_samples_and_idling_is_none():
    bits = iter((0x1, 0x4 | 0x40, 0x4, 0x0))
    found = row(looked(4, nvmlDeviceGetCurrentClocksEventReasons=lambda _handle: next(bits)))
    assert found.throttled == {"power cap": 0.5, "heat (hardware)": 0.25}


def test_each_reason_is_nvmls_own_bit():
    bits = [
        value
        for name, value in vars(pynvml).items()
        if name.startswith("nvmlClocksThrottleReason") and not name.endswith(("All", "None", "GpuIdle"))
    ]
    assert set(REASONS) == set(bits)


def test_memory_of_the_targets_processes_is_told_from_others():
    listed = [process(10, 300), process(11, 200), process(99, 5_000)]
    found = row(looked(nvmlDeviceGetComputeRunningProcesses=listed))
    assert (found.process_peak_bytes, found.shared) == (500, True)


def test_alone_on_the_device_is_not_shared():
    found = row(looked(nvmlDeviceGetComputeRunningProcesses=[process(10, 300)]))
    assert (found.process_peak_bytes, found.shared) == (300, False)


def test_a_desktop_that_draws_shares_the_device():
    found = row(
        looked(
            nvmlDeviceGetComputeRunningProcesses=[process(10, 300)],
            nvmlDeviceGetGraphicsRunningProcesses=[process(7, 100)],
        )
    )
    assert found.shared is True


def test_in_a_container_whose_numbers_are_the_hosts_it_is_not_known_whose_they_are():
    found = row(looked(nvmlDeviceGetComputeRunningProcesses=[process(40_000, 300)]))
    assert (found.process_peak_bytes, found.shared) == (None, None)


def test_a_driver_that_does_not_tell_memory_by_process_still_tells_whose_they_are():
    found = row(looked(nvmlDeviceGetComputeRunningProcesses=[process(10, None)]))
    assert (found.process_peak_bytes, found.shared) == (None, False)


def test_mig_instances_have_rows_with_their_own_memory_and_the_devices_power():
    memory = {
        "handle": SimpleNamespace(total=80 * GIGA, used=50 * GIGA),
        "mig0": SimpleNamespace(total=10 * GIGA, used=GIGA),
        "mig2": SimpleNamespace(total=20 * GIGA, used=2 * GIGA),
    }
    slots = {0: "mig0", 1: refused(pynvml.NVML_ERROR_NOT_FOUND), 2: "mig2"}
    sampler = looked(
        nvmlDeviceGetMigMode=[1, 1],
        nvmlDeviceGetMaxMigDeviceCount=3,
        nvmlDeviceGetMigDeviceHandleByIndex=lambda _device, slot: slots[slot],
        nvmlDeviceGetMemoryInfo=memory.__getitem__,
        nvmlDeviceGetUtilizationRates=lambda handle: (
            refused() if handle.startswith("mig") else SimpleNamespace(gpu=1)
        ),
    )
    rows = [row(sampler, number) for number in range(len(sampler.units))]
    assert [one.memory_bytes for one in rows] == [10 * GIGA, 20 * GIGA]
    assert [one.utilisation_percent for one in rows] == [None, None]
    assert [one.power_watt for one in rows] == [150.0, 150.0]
    assert any("MIG" in one for one in sampler.missing)


def test_a_device_that_may_not_be_looked_at_is_said_and_the_others_are_seen():
    handles = {0: refused(pynvml.NVML_ERROR_NO_PERMISSION), 1: "handle"}
    sampler = looked(nvmlDeviceGetCount=2, nvmlDeviceGetHandleByIndex=handles.__getitem__)
    assert [unit.index for unit in sampler.units] == [1]
    assert sampler.missing == ["device 0 may not be looked at"]


def test_names_that_older_bindings_give_as_bytes_are_text():
    assert row(looked(nvmlDeviceGetName=b"Example GPU")).name == "Example GPU"


def test_a_long_watch_is_bounded_and_loses_neither_peak_nor_share():
    used = iter(range(10_000))
    sampler = looked(
        2 * READINGS_AT_MOST + 1,
        nvmlDeviceGetMemoryInfo=lambda _handle: SimpleNamespace(total=GIGA, used=next(used)),
        nvmlDeviceGetCurrentClocksEventReasons=0x4,
    )
    readings = sampler.readings[0]
    assert len(readings) < READINGS_AT_MOST
    assert sum(one.count for one in readings) == 2 * READINGS_AT_MOST + 1
    # The first look of all asked for the total.
    assert row(sampler).peak_used_bytes == 2 * READINGS_AT_MOST + 1
    assert row(sampler).throttled == {"power cap": 1.0}


def test_joining_weighs_means_by_their_samples():
    first = Reading(at_ns=1, count=3, power_watt=10.0, utilisation_percent=None, others=False)
    second = Reading(at_ns=2, count=1, power_watt=50.0, utilisation_percent=8.0, others=True)
    (found,) = joined([first, second])
    assert (found.power_watt, found.utilisation_percent, found.others, found.count) == (20.0, 8.0, True, 4)
    assert joined([]) == []
    assert joined([first]) == [first]


def test_a_counter_that_ran_backwards_is_no_energy():
    readings = [Reading(at_ns=1, energy_millijoule=500), Reading(at_ns=2, energy_millijoule=100)]
    assert device_row(looked().units[0], "", readings).energy_joule is None
    assert device_row(looked().units[0], "", []).energy_joule is None


def test_a_watch_starts_at_once_and_ends():
    sampler = GpuSampler(FakeNvml(), interval=60.0, family=lambda pid: frozenset({pid}))
    sampler.start(10)
    sampler.stop()
    assert len(sampler.readings[0]) == 1


def test_moments_are_counted_from_the_start():
    sampler = looked()
    at_ns = sampler.readings[0][0].at_ns
    (moment,) = moments(sampler.units[0], sampler.readings[0], at_ns - 5)
    assert (moment.at_ns, moment.device, moment.used_bytes) == (5, 0, GIGA)


def test_without_a_device_the_reason_is_a_sentence():
    library, reason = load_nvml()
    assert (library is None) == bool(reason)


def test_a_driver_is_known_by_its_files(tmp_path):
    assert not driver_is_here(tmp_path)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidiactl").touch()
    assert driver_is_here(tmp_path)

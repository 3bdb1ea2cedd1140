"""Frameworks that the target has imported, as objects that answer by their names."""

from __future__ import annotations

import importlib
import logging
import sys
from types import SimpleNamespace

import pytest

from perfwatch.worker.gpu_frameworks import Compiles, Frameworks


class Torch:
    """``torch.cuda`` of a machine with devices; ``held`` is reserved bytes by device."""

    def __init__(self, held, *, initialised=True):
        self.synchronised = []
        self.cuda = SimpleNamespace(
            is_initialized=lambda: initialised,
            device_count=lambda: len(held),
            current_device=lambda: 0,
            synchronize=self.synchronised.append,
            max_memory_allocated=lambda device: held[device] // 2,
            max_memory_reserved=lambda device: held[device],
        )


class Jax:
    """A JAX with one backend; ``stats`` is what its device tells of its memory."""

    def __init__(self, platform, stats):
        self.waited = []
        self.device = SimpleNamespace(
            platform=platform,
            local_hardware_id=3,
            memory_stats=lambda: stats,
            synchronize_all_activity=lambda: self.waited.append("device"),
        )

    def live_arrays(self):
        return ["array"]

    def block_until_ready(self, arrays):
        self.waited += arrays

    def effects_barrier(self):
        self.waited.append("effects")

    def local_devices(self):
        return [self.device]


def jax_modules(jax, *, started=True):
    return {"jax": jax, "jax._src.xla_bridge": SimpleNamespace(backends_are_initialized=lambda: started)}


def test_nothing_imported_is_nothing_to_ask():
    frameworks = Frameworks({})
    frameworks.synchronise()
    assert frameworks.allocators() == []
    assert frameworks.jax_platforms() == []
    assert frameworks.missing == []


def test_nothing_is_imported_for_the_asking():
    before = set(sys.modules)
    frameworks = Frameworks()
    frameworks.synchronise()
    frameworks.allocators()
    assert not {"torch", "jax", "cupy"} & (set(sys.modules) - before)


def test_torch_waits_for_the_devices_that_it_used_and_makes_no_context_on_others():
    torch = Torch([0, 0, 1000])
    Frameworks({"torch": torch}).synchronise()
    assert torch.synchronised == [0, 2]


def test_torch_that_never_used_the_device_is_left_alone():
    torch = Torch([1000], initialised=False)
    frameworks = Frameworks({"torch": torch})
    frameworks.synchronise()
    assert torch.synchronised == []
    assert frameworks.allocators() == []


def test_torchs_peaks_are_told_by_device():
    assert Frameworks({"torch": Torch([0, 1000])}).allocators() == [["torch", 1, 500, 1000]]


def test_jax_waits_for_arrays_effects_and_devices():
    jax = Jax("gpu", None)
    Frameworks(jax_modules(jax)).synchronise()
    assert jax.waited == ["array", "effects", "device"]


def test_a_jax_without_a_backend_is_not_started():
    jax = Jax("gpu", {"peak_bytes_in_use": 5})
    frameworks = Frameworks(jax_modules(jax, started=False))
    frameworks.synchronise()
    assert (jax.waited, frameworks.allocators(), frameworks.jax_platforms()) == ([], [], [])


@pytest.mark.parametrize(
    ("stats", "rows"),
    [
        ({"peak_bytes_in_use": 5, "peak_pool_bytes": 9}, [["jax", 3, 5, 9]]),
        ({"peak_bytes_in_use": 5, "pool_bytes": 8}, [["jax", 3, 5, 8]]),
        ({"peak_bytes_in_use": 5}, [["jax", 3, 5, None]]),
        ({}, []),
        (None, []),
    ],
)
def test_jaxs_peak_is_told_as_far_as_the_device_tells(stats, rows):
    assert Frameworks(jax_modules(Jax("gpu", stats))).allocators() == rows


def test_jax_on_the_processor_holds_no_device_memory():
    frameworks = Frameworks(jax_modules(Jax("cpu", {"peak_bytes_in_use": 5})))
    assert frameworks.allocators() == []
    assert frameworks.jax_platforms() == ["cpu"]


def test_cupys_pool_is_no_peak_and_said_so():
    pool = SimpleNamespace(total_bytes=lambda: 700)
    waited = []
    device = SimpleNamespace(id=1, synchronize=lambda: waited.append(1))
    cupy = SimpleNamespace(get_default_memory_pool=lambda: pool, cuda=SimpleNamespace(Device=lambda: device))
    frameworks = Frameworks({"cupy": cupy})
    frameworks.synchronise()
    assert waited == [1]
    assert frameworks.allocators() == [["cupy", 1, 700, 700]]
    assert any("no peak" in one for one in frameworks.missing)


def test_a_framework_that_raises_takes_away_its_own_figures_only():
    def broken(*_arguments):
        raise RuntimeError("device lost")

    jax = Jax("gpu", {"peak_bytes_in_use": 5})
    torch = SimpleNamespace(cuda=SimpleNamespace(is_initialized=broken))
    frameworks = Frameworks({"torch": torch, **jax_modules(jax)})
    frameworks.synchronise()
    assert jax.waited
    assert frameworks.allocators() == [["jax", 3, 5, None]]
    assert frameworks.missing == ["torch does not tell what it held: device lost"]


# JAX's compilations, with modules of JAX's names that do what JAX does

MONITORING = """
listeners = []
def register_event_duration_secs_listener(listener):
    listeners.append(listener)
"""
CONFIG = """
class Config:
    def __init__(self):
        self.values = {"jax_explain_cache_misses": ASKED}
    def update(self, name, value):
        self.values[name] = value
config = Config()
"""


@pytest.fixture
def fake_jax(tmp_path, monkeypatch):
    """Write a package of JAX's shape and return what imports it; everything is taken back afterwards."""
    finders = list(sys.meta_path)
    names = (
        "jax._src.interpreters.partial_eval",
        "jax._src.pjit",
        "jax._src.compiler",
        "jax._src.compilation_cache",
    )
    filters = {name: list(logging.getLogger(name).filters) for name in names}

    def make(*, asked=False):
        source = tmp_path / "jax" / "_src"
        source.mkdir(parents=True)
        (tmp_path / "jax" / "__init__.py").write_text("from jax._src import config, monitoring\n")
        (source / "__init__.py").write_text("")
        (source / "monitoring.py").write_text(MONITORING)
        (source / "config.py").write_text(CONFIG.replace("ASKED", str(asked)))
        monkeypatch.syspath_prepend(tmp_path)
        return lambda: importlib.import_module("jax")

    yield make
    sys.meta_path[:] = finders
    for name, known in filters.items():
        logging.getLogger(name).filters[:] = known
    for name in [one for one in sys.modules if one == "jax" or one.startswith("jax.")]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def without_jax(monkeypatch):
    """A JAX that is really installed is not meant here."""
    for name in [one for one in sys.modules if one == "jax" or one.startswith("jax.")]:
        monkeypatch.delitem(sys.modules, name)


def test_a_jax_that_is_imported_later_is_listened_to_from_its_first_event(fake_jax):
    load = fake_jax()
    compiles = Compiles()
    told = []
    compiles.install(on_jax=lambda: told.append("jax"))
    assert told == []
    jax = load()
    assert told == ["jax"]
    (listener,) = jax.monitoring.listeners
    listener("/jax/core/compile/backend_compile_duration", 0.5, fun_name="jit(f)")
    listener("/jax/compilation_cache/cache_hits", 0.1)
    assert compiles.take()["events"] == [["backend_compile_duration", "jit(f)", 500_000_000]]
    assert compiles.take() == {"events": [], "explained": []}
    assert jax.config.config.values == {"jax_explain_cache_misses": True}


def test_jaxs_explanations_are_kept_and_not_printed(fake_jax, caplog):
    fake_jax()
    compiles = Compiles()
    compiles.install(on_jax=lambda: None)
    log = logging.getLogger("jax._src.interpreters.partial_eval")
    with caplog.at_level(logging.WARNING):
        log.warning("TRACING CACHE MISS at %s:\n  why", "a.py:1")
        log.warning("something else")
        logging.getLogger("jax._src.compiler").warning("PERSISTENT COMPILATION CACHE MISS for x")
    assert compiles.take()["explained"] == ["TRACING CACHE MISS at a.py:1:\n  why"]
    assert [record.message for record in caplog.records] == ["something else"]


def test_a_target_that_asked_for_explanations_itself_gets_them(fake_jax, caplog):
    load = fake_jax(asked=True)
    compiles = Compiles()
    compiles.install(on_jax=lambda: None)
    load()
    with caplog.at_level(logging.WARNING):
        logging.getLogger("jax._src.pjit").warning("TRACING CACHE MISS at a.py:1")
    assert compiles.take()["explained"] == ["TRACING CACHE MISS at a.py:1"]
    assert len(caplog.records) == 1


def test_events_are_bounded_and_what_is_lost_is_counted(fake_jax):
    fake_jax()
    compiles = Compiles()
    for _ in range(20_003):
        compiles._compiled("/jax/core/compile/backend_compile_duration", 0.1, fun_name="f")
    assert len(compiles.take()["events"]) == 20_000
    assert compiles.lost_count == 3


def test_other_imports_go_on_as_they_would(fake_jax):
    fake_jax()
    compiles = Compiles()
    compiles.install(on_jax=lambda: None)
    assert importlib.util.find_spec("json") is not None
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("jax._src.nothing")

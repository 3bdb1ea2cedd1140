"""The target's interpreter: what it is, what was switched on in it, and what has been switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.environment.checks.mending import WITH_THE_LOCK
from perfwatch.environment.checks.patient import Patient, Seen
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Variables under which Python runs slower or allocates otherwise, with what each does.
_DEBUGGING = {
    "PYTHONMALLOC": "allocations take another way",
    "PYTHONDEVMODE": "each allocation is checked",
    "PYTHONTRACEMALLOC": "each allocation is recorded",
    "PYTHONASYNCIODEBUG": "each step of asyncio is timed",
    "PYTHONPROFILEIMPORTTIME": "each import writes a line",
}
#: The allocator that is the default anyway.
_PLAIN_ALLOCATORS = frozenset({"default", "pymalloc", "mimalloc"})
#: Variables by which a tracer gets into every Python process.
_TRACERS = {
    "COVERAGE_PROCESS_START": "coverage",
    "COVERAGE_PROCESS_CONFIG": "coverage",
    "COV_CORE_SOURCE": "pytest-cov",
    "PYDEVD_LOAD_VALUES_ASYNC": "a debugger (pydevd)",
    "DEBUGPY_LAUNCHER_PORT": "a debugger (debugpy)",
}
#: Variables that switch a compiler off, the value that leaves it on, and whose they are.
_COMPILERS = (
    ("NUMBA_DISABLE_JIT", "numba", "njit functions run as plain Python"),
    ("JAX_DISABLE_JIT", "jax", "jitted functions run operation by operation"),
    ("TORCH_COMPILE_DISABLE", "torch", "torch.compile does nothing"),
)
_OFF = frozenset({"", "0", "false", "no", "off"})


def profilers(patient: Patient) -> Seen:
    """Say which profilers the interpreter has itself, and which are lent to it."""
    lending = patient.lending
    words = [
        f"its own: {', '.join(lending.present)}" if lending.present else "",
        f"lent: {', '.join(lending.lent)}" if lending.lent else "",
        f"missing: {', '.join(lending.refused)}" if lending.refused else "",
    ]
    fact = "; ".join(word for word in words if word)
    source = patient.interpreter.executable
    refused = lending.refused.get("pytest")
    # The others have a check of their own, which tries them.
    if refused is None:
        return Seen(state=CheckState.OK, fact=fact, source=source)
    return Seen(
        state=CheckState.WARNING,
        fact=fact,
        source=source,
        means="Test suites cannot be measured with this interpreter.",
        do=refused.partition(" To install it there: ")[2],
    )


def build(patient: Patient) -> Seen:
    """Tell a debug or free-threaded build from a plain one."""
    interpreter = patient.interpreter
    source = "sys.abiflags, Py_GIL_DISABLED"
    plain = f"{interpreter.implementation} {interpreter.version_text}"
    if "d" in interpreter.abi_flags:
        return Seen(
            state=CheckState.WARNING,
            fact=f"{plain}, a debug build",
            source=source,
            means="It is several times slower than what users run, and not in the same places.",
            do="perfwatch doctor --python PATH_OF_A_RELEASE_BUILD",
        )
    if interpreter.free_threaded:
        return Seen(
            state=CheckState.WARNING,
            fact=f"{plain}, free-threaded",
            source=source,
            means="py-spy cannot read it: line times come from the tracer, and there is no lock to report on.",
            do=WITH_THE_LOCK,
        )
    return Seen(state=CheckState.OK, fact=plain, source=source)


def debug_settings(patient: Patient) -> Seen:
    """Look for the variables that make Python check or record what it does."""
    found = [
        name
        for name in _DEBUGGING
        if patient.environ.get(name, "").strip().lower() not in _OFF
        and not (name == "PYTHONMALLOC" and patient.environ[name] in _PLAIN_ALLOCATORS)
    ]
    dev_mode = patient.probe("hooks")["dev_mode"] and "PYTHONDEVMODE" not in found
    if not found and not dev_mode:
        return Seen(state=CheckState.OK, fact="none", source=", ".join(_DEBUGGING))
    if not found:
        fact, means, line = "development mode is on", "Each allocation is checked.", ""
    else:
        fact = ", ".join(f"{name}={patient.environ[name][:30]}" for name in found)
        means = (
            f"{_sentence(_DEBUGGING[name] for name in found)} Times and peaks are not those of plain runs."
        )
        line = f"unset {' '.join(found)}"
    return Seen(state=CheckState.WARNING, fact=fact, source="environment, sys.flags", means=means, do=line)


def tracers(patient: Patient) -> Seen:
    """Look for coverage or a debugger that is there before the target's first line."""
    named = {name: tool for name, tool in _TRACERS.items() if patient.environ.get(name)}
    said = patient.probe("hooks")
    active = [hook for hook in (said["trace"], said["profile"], *said["monitoring"]) if hook]
    source = "environment, sys.gettrace, sys.getprofile, sys.monitoring"
    if not named and not active:
        return Seen(state=CheckState.OK, fact="none", source=source)
    words = [*dict.fromkeys(named.values()), *(f"{hook} is set" for hook in active)]
    return Seen(
        state=CheckState.WARNING,
        fact=", ".join(words),
        source=source,
        means="Every line of Python pays for it, and the line pass cannot share the hook.",
        do=f"unset {' '.join(named)}" if named else "",
    )


def compilers(patient: Patient) -> Seen:
    """Look for numba's, JAX's and torch's compilers being switched off."""
    there = [row for row in _COMPILERS if row[1] in patient.interpreter.installed]
    source = ", ".join(variable for variable, _, _ in _COMPILERS)
    if not there:
        return Seen(state=CheckState.ABSENT, fact="neither numba, JAX nor torch is installed", source=source)
    off = [row for row in there if patient.environ.get(row[0], "").strip().lower() not in _OFF]
    if not off:
        fact = f"on: {', '.join(tool for _, tool, _ in there)}"
        return Seen(state=CheckState.OK, fact=fact, source=source)
    return Seen(
        state=CheckState.WARNING,
        fact=", ".join(f"{variable}={patient.environ[variable][:20]}" for variable, _, _ in off),
        source=source,
        means=_sentence(effect for _, _, effect in off),
        do=f"unset {' '.join(variable for variable, _, _ in off)}",
    )


def _sentence(clauses: Iterable[str]) -> str:
    text = ", ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}."

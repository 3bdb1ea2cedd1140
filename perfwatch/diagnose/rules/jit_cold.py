"""Compilers that run for most of a short run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.scene import LEAST_SHARE
from perfwatch.diagnose.source import called_name
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_NUMBA = "https://numba.readthedocs.io/en/stable/developer/caching.html"
_JAX = "https://docs.jax.dev/en/latest/persistent_compilation_cache.html"
_COMPILES_AT_LEAST = 0.2
_FEW = 10


def find(scene: Scene) -> Iterator[Suspect]:
    """The dearest lines that set a compiler off, where compiling has a fifth of the time and more."""
    for name, compiles, reference in (("numba", _numba_compiles, _NUMBA), ("JAX", _jax_compiles, _JAX)):
        whole = scene.evidence.in_library(compiles)
        if whole < _COMPILES_AT_LEAST:
            continue
        for site in scene.sites:
            share = scene.evidence.in_library(
                compiles, site.module.file, scene.function_name(site) or "<module>"
            )
            calls = any(called_name(call) for call in site.calls())
            if share < LEAST_SHARE or not calls or site.hits > _FEW or site.own < 0.5 * share:
                continue
            yield _suspect(scene, site, (name, share, reference))
            break


def _suspect(scene: Scene, site: Site, told: tuple[str, float, str]) -> Suspect:
    name, share, reference = told
    took = units.time(share * scene.evidence.whole_ns)
    keep = (
        "@numba.njit(cache=True)"
        if name == "numba"
        else 'jax.config.update("jax_compilation_cache_dir", "...")'
    )
    return Suspect(
        module=site.module,
        node=site.statement,
        share=min(site.share, share),
        mechanism=f"{name} compiles for {took} what then runs for the rest: {share:.0%} of the time is the compiler's",
        evidence={"compile_ns": share * scene.evidence.whole_ns},
        advice=Advice(
            summary="Keep what was compiled from run to run, compile fewer functions and kinds of arguments, or leave so short a run "
            "uncompiled.",
            code=keep,
            risk="A cache folder must be writable, and is made anew with each version.",
            reference=reference,
        ),
        sure=Grade.HIGH,
    )


def _numba_compiles(function: str, file: str) -> bool:
    return file.startswith("numba/core/") and function.rpartition(".")[2] in {
        "_compile_for_args", "compile", "compile_extra", "_compile_cached", "compile_dynamic"
    }  # fmt: skip


def _jax_compiles(function: str, file: str) -> bool:
    return file.startswith("jax/_src/") and function.rpartition(".")[2] in {
        "backend_compile", "backend_compile_and_load", "compile_or_get_cached", "_compile_and_write_cache"
    }  # fmt: skip


RULE = Rule(
    slug="jit-cold",
    title="Compiling takes longer than running",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="numba's or JAX's compiler among the sampled functions with a fifth of the time and more, at lines that ran a few times",
    limits="a run that is short because it is a trial says nothing about the real one",
    source=f"{_NUMBA}; {_JAX}",
    find=find,
)

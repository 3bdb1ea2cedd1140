"""One benchmark's evidence beside the source it was measured on: the places where time went, as statements.

It must not judge.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from perfwatch.diagnose.evidence import Evidence
from perfwatch.diagnose.kinds import Kind, Kinds
from perfwatch.diagnose.loops import NumericLoop, numeric_loops
from perfwatch.diagnose.source import FUNCTIONS, LOOPS, Function, Module, Program, called_name, header_parts
from perfwatch.records.experiment import FunctionPlace

if TYPE_CHECKING:
    from collections.abc import Iterator


#: What has less of the time than this wins less than 1.05 times, whatever is done about it.
LEAST_SHARE = 1 - 1 / 1.05


@dataclass(frozen=True, eq=False, kw_only=True)
class Site:
    """One statement that has a share of the time worth the name.

    ``share`` includes what it calls, ``own`` does not. ``hits`` is how often it ran.
    """

    module: Module
    statement: ast.stmt
    share: float
    own: float
    hits: float

    @property
    def first(self) -> int:
        """Its first line."""
        return self.statement.lineno

    @property
    def last(self) -> int:
        """Its last line; of a compound statement, its header's."""
        body = getattr(self.statement, "body", None)
        if body:
            return max(self.first, body[0].lineno - 1) if body[0].lineno > self.first else self.first
        return self.statement.end_lineno or self.first

    @cached_property
    def parts(self) -> tuple[ast.AST, ...]:
        """What the statement evaluates itself, without functions that it defines."""
        return tuple(header_parts(self.statement))

    def calls(self) -> Iterator[ast.Call]:
        """Yield the calls that the statement makes."""
        for one in self.parts:
            if isinstance(one, ast.Call):
                yield one


@dataclass(eq=False)
class Scene:
    """A benchmark's evidence, and the program that it was measured on."""

    evidence: Evidence
    program: Program

    @cached_property
    def kinds(self) -> Kinds:
        """Of what sort expressions are."""
        return Kinds(self.program)

    @cached_property
    def measured(self) -> tuple[Module, ...]:
        """The modules of which a pass saw a line."""
        files = dict.fromkeys(file for file, _ in self.evidence.lines)
        return tuple(self.program.modules[file] for file in files if file in self.program.modules)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The statements worth a look, dearest first."""
        found: dict[int, Site] = {}
        for (file, line), stat in self.evidence.lines.items():
            module = self.program.modules.get(file)
            if module is None or not stat.total_ns:
                continue
            statement = module.statement_at(line)
            if statement is None or id(statement) in found:
                continue
            site = self._site(module, statement)
            if site.share >= LEAST_SHARE:
                found[id(statement)] = site
        return tuple(sorted(found.values(), key=lambda one: -one.share))

    @cached_property
    def loops(self) -> tuple[tuple[Module, ast.stmt, float], ...]:
        """The statements that loop and have a share worth the name, with that share, dearest first."""
        found: dict[int, tuple[Module, ast.stmt, float]] = {}
        for site in self.sites:
            around = [site.statement, *site.module.loops_around(site.statement)]
            for loop in around:
                if isinstance(loop, LOOPS) and id(loop) not in found:
                    found[id(loop)] = (site.module, loop, self.loop_share(site.module, loop))
        return tuple(sorted(found.values(), key=lambda one: -one[2]))

    @cached_property
    def numeric_loops(self) -> tuple[NumericLoop, ...]:
        """The innermost dear loops of arithmetic, dearest first."""
        return tuple(numeric_loops(self))

    def _site(self, module: Module, statement: ast.stmt) -> Site:
        bare = Site(module=module, statement=statement, share=0.0, own=0.0, hits=0.0)
        place = (module.file, bare.first, bare.last)
        return Site(
            module=module,
            statement=statement,
            share=self.evidence.share(*place),
            own=self.evidence.own_share(*place),
            hits=self.evidence.hits(*place),
        )

    def kind(self, site: Site, node: ast.AST) -> Kind:
        """Return of what sort an expression of a site is."""
        return self.kinds.of(site.module, node)

    def loop_share(self, module: Module, loop: ast.AST) -> float:
        """Return the share of time of a loop with all it calls: its lines'."""
        last = getattr(loop, "end_lineno", None) or loop.lineno  # type: ignore[attr-defined]
        return self.evidence.share(module.file, loop.lineno, last)  # type: ignore[attr-defined]

    def loop_share_of(self, site: Site) -> float:
        """Return the share of the innermost loop around a site; 0 where there is none."""
        loops = [one for one in site.module.loops_around(site.statement) if isinstance(one, LOOPS)]
        return self.loop_share(site.module, loops[0]) if loops else 0.0

    def is_library(self, site: Site, call: ast.Call) -> bool:
        """Return whether a method is a library's: its owner is seen to be a model, or no function of the user's has its name."""
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if owner is not None and self.kind(site, owner) is Kind.MODEL:
            return True
        name = called_name(call)
        return not self.program.functions_named(name)

    def each_ns(self, site: Site) -> float:
        """Return what one run of a site takes, with all that it calls; 0 where it was not counted."""
        return site.share * self.evidence.whole_ns / site.hits if site.hits else 0.0

    def calls_of(self, module: Module, function: Function) -> float:
        """Return how often a function was entered: the hits of the first line of its body that has any.

        A loop's line is hit once a turn: it counts only where nothing that stands beside it was.
        """
        told = [
            statement
            for statement in function.body
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        ]
        for statement in sorted(told, key=lambda one: isinstance(one, LOOPS)):
            first = self.evidence.hits(module.file, statement.lineno)
            hits = first or self.evidence.hits(module.file, statement.lineno, statement.end_lineno)
            if hits:
                return hits
        return 0.0

    def asked(self, name: str) -> float:
        """Return how often a function was called, by the counts of the statements that call it."""
        total = 0.0
        for module, call in self.program.calls_named(name):
            statement = next((one for one in (call, *module.above(call)) if isinstance(one, ast.stmt)), None)
            if statement is not None:
                total += self.times(self._site(module, statement), call)
        return total

    def function_share(self, module: Module, function: Function) -> float:
        """Return the share of time that passed inside a function, with all it calls: the most of its lines together."""
        first = function.body[0].lineno
        return self.evidence.share(module.file, first, function.end_lineno or first)

    def waits(self, site: Site) -> float:
        """Return the part of a site's own time that was off the processor, between 0 and 1; 0 where it is not known."""
        spent = waited = 0.0
        for line in range(site.first, site.last + 1):
            stat = self.evidence.line(site.module.file, line)
            if stat is not None and stat.time_ns:
                spent += stat.time_ns
                waited += stat.time_ns * (stat.waiting_ratio or 0.0)
        return waited / spent if spent else 0.0

    def allocated_each(self, site: Site) -> float:
        """Return how many bytes one run of a site allocates, 0 where it is not known."""
        stats = [self.evidence.line(site.module.file, line) for line in range(site.first, site.last + 1)]
        allocated = sum(one.allocated_bytes or 0.0 for one in stats if one is not None)
        return allocated / site.hits if site.hits else 0.0

    def times(self, site: Site, node: ast.AST) -> float:
        """Return how often a part of a site's statement was evaluated, as far as the counts tell.

        In a comprehension the line's own count is that of the whole statement: what the
        user's function in it was entered counts there, where it calls one.
        """
        inner = [one for one in site.module.loops_around(node) if isinstance(one, _COMPREHENDED)]
        if not inner:
            return site.hits
        counts = [
            self.calls_of(*found)
            for one in ast.walk(inner[0])
            if isinstance(one, ast.Call) and (found := self.program.defined(site.module, one)) is not None
        ]
        return max([site.hits, *counts])

    def repeated_calls(self, least: float = 100) -> Iterator[tuple[Site, ast.Call, float]]:
        """Yield the calls at dear places that are made ``least`` times and more, with how often."""
        for site in self.sites:
            for call in site.calls():
                count = self.times(site, call)
                if count >= least or (site.module.loops_around(call) and not site.hits):
                    yield site, call, count

    def repeated_by(self, site: Site, node: ast.AST) -> ast.AST | None:
        """Return the innermost loop or comprehension that repeats a node, ``None`` where none does in its function."""
        loops = site.module.loops_around(node)
        return loops[0] if loops else None

    def function_name(self, site: Site) -> str:
        """Return the name of the function that a site stands in."""
        function = site.module.function_of(site.statement)
        return function.name if isinstance(function, FUNCTIONS) else ""


def place_of(module: Module, function: Function) -> FunctionPlace:
    """Return where a function's code begins: at its first decorator, where it has one."""
    line = min([function.lineno, *(one.lineno for one in function.decorator_list)])
    return FunctionPlace(file=module.file, line=line, name=function.name)


_COMPREHENDED = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

"""Which rewrite serves the findings of which rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rewrites.batch import predict_at_once
from perfwatch.diagnose.rewrites.compiled import compile_function
from perfwatch.diagnose.rewrites.construct import compile_once, make_once
from perfwatch.diagnose.rewrites.growth import collect
from perfwatch.diagnose.rewrites.hoist import hoist
from perfwatch.diagnose.rewrites.inverse import solve
from perfwatch.diagnose.rewrites.membership import ask_a_set
from perfwatch.diagnose.rewrites.memo import keep_answers
from perfwatch.diagnose.rewrites.neighbours import search_a_tree
from perfwatch.diagnose.rewrites.threads import one_thread

if TYPE_CHECKING:
    from perfwatch.diagnose.rewrites.rewrite import Rewrite

REWRITES: dict[str, Rewrite] = {
    "loop-invariant": hoist,
    "list-membership": ask_a_set,
    "quadratic-growth": collect,
    "regex-recompiled": compile_once,
    "generator-rebuilt": make_once,
    "same-arguments": keep_answers,
    "recursion-without-memo": keep_answers,
    "compile-candidate": compile_function,
    "scalar-loop": compile_function,
    "array-elements": compile_function,
    "single-predict": predict_at_once,
    "explicit-inverse": solve,
    "all-pairs": search_a_tree,
    "small-blas-threads": one_thread,
}

"""The rules, in the order in which they are asked: what explains more comes before what it explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rules import (
    again_read,
    all_pairs,
    deep_copies,
    exceptions_as_flow,
    explicit_inverse,
    frame_rows,
    generator_rebuilt,
    gil_contention,
    import_time,
    list_membership,
    logging_hot,
    loop_invariant,
    model_refit,
    numpy_vectorize,
    quadratic_growth,
    recursion_without_memo,
    regex_recompiled,
    scalar_loop,
    scalar_ufunc,
    scipy_callback,
    single_predict,
    single_queries,
    sleep,
    sort_for_extremes,
    subprocess_loop,
    tiny_tasks,
)

if TYPE_CHECKING:
    from perfwatch.diagnose.rule import Rule

RULES: tuple[Rule, ...] = (
    gil_contention.RULE,
    sleep.RULE,
    subprocess_loop.RULE,
    tiny_tasks.RULE,
    single_queries.RULE,
    frame_rows.RULE,
    quadratic_growth.RULE,
    list_membership.RULE,
    numpy_vectorize.RULE,
    model_refit.RULE,
    single_predict.RULE,
    generator_rebuilt.RULE,
    regex_recompiled.RULE,
    deep_copies.RULE,
    logging_hot.RULE,
    sort_for_extremes.RULE,
    loop_invariant.RULE,
    again_read.RULE,
    explicit_inverse.RULE,
    recursion_without_memo.RULE,
    scipy_callback.RULE,
    all_pairs.RULE,
    exceptions_as_flow.RULE,
    scalar_loop.RULE,
    scalar_ufunc.RULE,
    import_time.RULE,
)

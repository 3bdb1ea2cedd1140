"""The annealed recipe: the walk, what each history keeps of it, and the rule for their ends."""

from __future__ import annotations

import copy
import math
import tracemalloc
from collections import deque

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from stages import inputs_of, outputs_of, why_not_same

from perfwatch.workloads.digital_twin import history, physics
from perfwatch.workloads.digital_twin.table_one import HISTORY

RECIPE = (420.0, 30.0, 10.0, 50.0, 2e-6)


def shortened(count):
    search = inputs_of(HISTORY)[0]
    return history.SearchInputs(
        start=search.start, moves=search.moves[:count], chances=search.chances[:count], kept_count=100
    )


def test_the_reference_keeps_all_and_the_others_the_last():
    search = inputs_of(HISTORY)[0]
    assert len(outputs_of(HISTORY, "reference")[0]) == len(search.chances) == 5_000
    assert len(outputs_of(HISTORY, "ring")[0]) == search.kept_count == 1_000
    kept = outputs_of(HISTORY, "columns")[0]
    assert list(kept.iteration) == list(range(4_000, 5_000))


@pytest.mark.parametrize("steps_count", [0, 1, 99, 100, 101, 250])
def test_histories_shorter_or_longer_than_the_ring_agree(steps_count):
    search = shortened(steps_count)
    base = history.reference(search)
    for head in (history.ring(search), history.columns(search)):
        assert history_rule(search, base, head) == ""


def history_rule(search, base, head):
    from perfwatch.workloads.digital_twin.rules import same_last_records

    return same_last_records([search], [base], [head])


def one_dict_changed_in_place(search):
    """A candidate that saves allocations by one dict for all records: each shows the last step."""
    kept = deque(maxlen=search.kept_count)
    record = {}
    for step in history.anneal(search):
        record.update(history._record(step))
        kept.append(record)
    return kept


def test_one_dict_for_all_records_is_a_different_answer():
    reason = why_not_same(HISTORY, [one_dict_changed_in_place(inputs_of(HISTORY)[0])])
    assert reason.startswith("record 1 of the last 1000 differs in ")
    assert "iteration" in reason
    assert "recipe.set_kelvin" in reason


def test_a_history_without_its_newest_record_is_a_different_answer():
    records = outputs_of(HISTORY, "reference")[0]
    assert "iteration" in why_not_same(HISTORY, [records[:-1]])
    assert why_not_same(HISTORY, [records[-999:]]) == "1000 records against 999"


@pytest.mark.parametrize("where", [0, 500, 999])
def test_one_number_changed_by_rounding_is_found_and_named(where):
    records = copy.deepcopy(list(outputs_of(HISTORY, "ring")[0]))
    product = records[where]["product"]
    product["radius_nm"] = math.nextafter(product["radius_nm"], 10.0)
    reason = why_not_same(HISTORY, [records])
    assert reason == f"record {where + 1} of the last 1000 differs in product.radius_nm"


@pytest.mark.parametrize("output", [None, 5_000, [1.0, 2.0], np.zeros(3)])
def test_what_is_no_history_is_told_so(output):
    expected = f"the candidate gives back {type(output).__name__}, not records or columns of them"
    assert why_not_same(HISTORY, [output]) == expected


def test_a_record_without_one_of_its_parts_is_a_different_answer():
    records = copy.deepcopy(list(outputs_of(HISTORY, "ring")[0]))
    del records[-1]["accepted"]
    assert why_not_same(HISTORY, [records]) == "record 1000 of the last 1000 differs in accepted"


def retained_bytes(function, search):
    tracemalloc.start()
    try:
        kept = function(search)
        return tracemalloc.get_traced_memory()[0], kept
    finally:
        tracemalloc.stop()


def test_the_list_grows_with_the_iterations_and_the_bounded_forms_do_not():
    short, long = shortened(1_000), shortened(4_000)
    grown = {
        function: retained_bytes(function, long)[0] / retained_bytes(function, short)[0]
        for function in (history.reference, history.ring, history.columns)
    }
    assert 3.5 < grown[history.reference] < 4.5
    assert grown[history.ring] < 1.2
    assert grown[history.columns] < 1.2


def test_the_search_comes_closer_and_never_forgets_its_best():
    best = [record["best_nm"] for record in outputs_of(HISTORY, "reference")[0]]
    assert best == sorted(best, reverse=True)
    start = history.miss_nm(history.predict(tuple(inputs_of(HISTORY)[0].start.tolist())))
    assert best[-1] < 0.5 * start


def test_worse_steps_are_taken_while_it_is_hot_and_hardly_when_cold():
    records = outputs_of(HISTORY, "reference")[0]
    taken = np.array([record["accepted"] for record in records])
    assert taken[:500].mean() > taken[-500:].mean()
    assert records[0]["temperature_nm"] == history.HOTTEST_NM


def test_a_recipe_stays_within_what_the_flask_can_do():
    kept = outputs_of(HISTORY, "columns")[0].recipe
    for name, lowest, highest in zip(history.PARTS, history.LOWEST, history.HIGHEST, strict=True):
        assert lowest <= kept[name].min() <= kept[name].max() <= highest


def test_the_closed_form_is_the_growth_law_integrated():
    kelvin, duration_s, precursor, ligand, _ = RECIPE
    diffusion = physics.DIFFUSION_PREFACTOR * physics.boltzmann(physics.DIFFUSION_BARRIER, kelvin)
    reaction = physics.REACTION_PREFACTOR * physics.boltzmann(physics.REACTION_BARRIER, kelvin)

    def rate(_, radius):
        return [diffusion * physics.MOLAR_VOLUME * precursor / (radius[0] + diffusion / reaction)]

    solution = solve_ivp(rate, (0.0, duration_s), [physics.NUCLEUS_RADIUS_NM], rtol=1e-9, atol=1e-12)
    # So few nuclei that the precursor is never used up.
    product = history.predict((kelvin, duration_s, precursor, ligand, 1e-12))
    assert product.radius_nm == pytest.approx(solution.y[0, -1], rel=1e-6)


def test_a_crystal_takes_no_more_than_the_precursor_provides():
    product = history.predict((470.0, 6_000.0, 10.0, 50.0, 2e-6))
    assert physics.consumed_precursor(product.radius_nm, 2e-6) == pytest.approx(10.0)


def test_a_perfect_product_misses_by_nothing():
    perfect = history.Product(radius_nm=5.0, emission_nm=history.TARGET_NM, quantum_yield=1.0)
    assert history.miss_nm(perfect) == 0
    assert history.miss_nm(perfect._replace(quantum_yield=0.5)) == 10.0
    assert history.miss_nm(perfect._replace(emission_nm=510.0)) == 5.0

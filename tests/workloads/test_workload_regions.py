"""Regions by k-means: as narrow groups as the reference's, by any numbering."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from stages import digest, drawn, judged, one_thread, variant_function, working

from perfwatch.workloads.digital_twin import regions, rules_two
from perfwatch.workloads.digital_twin.table_two import REGIONS

__all__ = ["one_thread"]  # a fixture that holds for the whole module


@pytest.fixture(scope="module")
def campaigns():
    return drawn(REGIONS)


@pytest.fixture(scope="module")
def grouped(campaigns):
    return [regions.reference(each) for each in campaigns]


@pytest.mark.parametrize("name", working(REGIONS))
def test_every_variant_finds_groups_as_narrow(name, campaigns, grouped):
    function = variant_function(REGIONS, name)
    assert judged(REGIONS, campaigns, grouped, [function(each) for each in campaigns]) == ""


def test_parts_of_the_samples_give_wider_groups(campaigns, grouped):
    reason = judged(REGIONS, campaigns, grouped, [regions.minibatch(each) for each in campaigns])
    assert reason.startswith("labels: inertia +")
    assert "16 seeds" in reason


def unscaled(campaign):
    """A candidate that forgets to standardise: the parameter with the largest numbers decides."""
    return regions._each_level(campaign, lambda samples: regions._fitted(campaign, samples))


def test_groups_of_samples_that_are_not_standardised_are_a_different_answer(campaigns, grouped):
    reason = judged(REGIONS, campaigns, grouped, [unscaled(each) for each in campaigns])
    assert reason.startswith("labels: inertia +")


def test_another_numbering_of_the_groups_is_the_same_answer(campaigns, grouped):
    turned = [
        regions.RegionOutputs(
            labels=(each.labels + 1) % 4,
            lowest=np.roll(each.lowest, 1, axis=1),
            highest=np.roll(each.highest, 1, axis=1),
        )
        for each in grouped
    ]
    assert judged(REGIONS, campaigns, grouped, turned) == ""


def test_more_groups_than_asked_for_and_boxes_of_others_are_different_answers(campaigns, grouped):
    first, base = campaigns[:1], grouped[:1]
    more = [
        dataclasses.replace(
            base[0], labels=base[0].labels + (np.arange(len(base[0].labels)) % 2 * 4).astype(np.int32)
        )
    ]
    assert "others than 0 to 3" in rules_two.same_regions(first, base, more)
    boxes = [dataclasses.replace(base[0], lowest=base[0].lowest - 1.0)]
    assert "is not the one around it" in rules_two.same_regions(first, base, boxes)
    short = [dataclasses.replace(base[0], labels=base[0].labels[:-1])]
    assert "of shape" in rules_two.same_regions(first, base, short)


def test_the_inertia_is_the_library_s_own():
    campaign = regions.draw_samples(500, 1, 0, clusters_count=4)
    model = KMeans(4, random_state=0).fit(StandardScaler().fit_transform(campaign.samples))
    assert rules_two.inertias(campaign, model.labels_)[0] == pytest.approx(model.inertia_, rel=1e-3)


def test_the_library_s_default_is_one_start_and_300_iterations():
    model = regions._model(regions.draw_samples(50, 1, 0, clusters_count=2))
    assert model.fit(np.random.default_rng(0).random((50, 2)))._n_init == 1 < regions.FEWER_STARTS
    assert model.max_iter == 300 > regions.FEWER_ITERATIONS


def test_the_key_of_all_samples_never_recurs_and_the_scaler_is_the_first_level_s(monkeypatch):
    fits = []
    fit = StandardScaler.fit
    monkeypatch.setattr(
        StandardScaler,
        "fit",
        lambda self, samples, *rest: (fits.append(len(samples)), fit(self, samples, *rest))[1],
    )
    campaign = regions.draw_samples(600, 12, 0, clusters_count=3)
    regions.seed_cache(campaign)
    assert fits == [50]


@pytest.mark.parametrize("form", [regions.reference, regions.seed_cache, regions.warm_start])
def test_the_same_campaign_gives_the_same_bytes(form):
    campaign = regions.draw_samples(400, 3, 7, clusters_count=3)
    assert digest(form(campaign)) == digest(form(campaign))


def test_a_region_is_the_box_around_its_samples():
    campaign = regions.draw_samples(300, 2, 1, clusters_count=3)
    outputs = regions.reference(campaign)
    last = outputs.labels[-300:]
    for cluster in range(3):
        members = campaign.samples[last == cluster]
        assert np.array_equal(outputs.lowest[-1, cluster], members.min(axis=0))
        assert np.array_equal(outputs.highest[-1, cluster], members.max(axis=0))

"""The pages: what each shows of the store, what can be asked, and what becomes of names that mean harm."""

from __future__ import annotations

import json
import unicodedata

import pytest
from builders import make_environment
from hostile import ATTACKS
from shown import Elements, Shown, database, fill, header_of, hostile_header, put

from perfwatch.records.comparison import Summary
from perfwatch.records.run import RunState
from perfwatch.store import open_store, slug_of
from perfwatch.web.benchmarks_view import PAGE_SIZE as TIMES
from perfwatch.web.runs_view import PAGE_SIZE as RUNS

FIT = slug_of("script:script.py", "fit")


def read(answer):
    assert answer.status_code == 200, answer.text[-500:]
    return Elements(answer.text)


# Runs


def test_the_list_shows_the_newest_run_first_with_its_time_machine_verdicts_and_link(pages):
    shown = read(pages.get("/"))
    assert shown.text.index("2026-01-04 09:00") < shown.text.index("2026-01-03 12:00")
    assert "2.01 ms of 2" in shown.text
    assert "Other CPU, 2 cores, CPython 3.11.7" in shown.text
    assert "1 slower" in shown.text
    assert f"runs/{header_of(6).id}" in shown.links


def test_the_names_of_baselines_stand_beside_their_runs(project):
    with open_store(database(project)) as store:
        store.save_baseline("release-1", header_of(3).id)
    assert "release-1" in read(Shown(project).get("/")).text


def test_a_run_that_was_never_judged_or_has_not_ended_says_so(tmp_path):
    with open_store(database(tmp_path)) as store:
        put(store, header_of(0))
        store.begin(header_of(1))
    text = read(Shown(tmp_path).get("/")).text
    assert "never held against another one" in text
    assert "running, or killed" in text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("target=script:script.py", (6, 5, 4, 3, 2, 1, 0)),
        ("target=other", ()),
        ("branch=main", (5, 3, 1)),
        ("verdict=slower", (1,)),
        ("since=2026-01-02&until=2026-01-02", (3, 2)),
        ("branch=work&since=2026-01-03", (6, 4)),
    ],
)
def test_a_filter_stands_in_the_address_and_chooses(query, numbers, pages):
    shown = read(pages.get(f"/?{query}"))
    runs = [link.removeprefix("runs/") for link in shown.links if link.startswith("runs/")]
    assert runs == [header_of(number).id for number in numbers]
    assert ("No stored run is like that" in shown.text) == (not numbers)


def test_what_is_filtered_by_stays_chosen_in_the_form(pages):
    text = pages.get("/?branch=work&verdict=same&since=2026-01-01").text
    for chosen in (
        '<option value="work" selected>',
        '<option value="same" selected>',
        'name="since" value="2026-01-01"',
    ):
        assert chosen in text


def test_the_list_is_paged_and_keeps_its_filter(tmp_path):
    with open_store(database(tmp_path)) as store:
        for number in range(RUNS + 3):
            store.begin(header_of(number % 50, id=f"20260101T000000-{number:04x}"))
            store.finish(f"20260101T000000-{number:04x}", RunState.COMPLETE, 5)
    pages = Shown(tmp_path)
    first, second = read(pages.get("/?since=2026-01-01")), read(pages.get("/?since=2026-01-01&page=2"))
    assert "Runs 1 to 50 of 53" in first.text
    assert "./?since=2026-01-01&page=2" in first.links
    assert "Runs 51 to 53 of 53" in second.text
    assert sum(link.startswith("runs/") for link in second.links) == 3


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page=1e3", "page=99999999999", "page=\u0661", "verdict=great", "since=today", "until=2026-02-31"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(query, pages):
    answer = pages.get(f"/?{query}")
    assert answer.status_code == 400
    assert "Not understood" in answer.text


def test_a_page_that_the_list_does_not_have_is_not_found(pages):
    assert pages.get("/?page=2").status_code == 404
    assert pages.get(f"/benchmarks/{FIT}?page=2").status_code == 404


def test_an_empty_store_shows_three_commands_and_no_form(tmp_path):
    fill(tmp_path, 0)
    pages = Shown(tmp_path)
    shown = read(pages.get("/"))
    assert shown.text.count("perfwatch run") == 3
    assert "form" not in shown.tags
    assert read(pages.get("/benchmarks/")).text.count("No stored run has a time yet.") == 1


# A run


def test_a_run_is_the_report_with_a_bar_that_leads_back(pages):
    from perfwatch.config import load_config
    from perfwatch.pipeline import report
    from perfwatch.report import render

    run_id = header_of(6).id
    answer = pages.get(f"/runs/{run_id}")
    shown = read(answer)
    assert {"../", "../benchmarks/", f"../benchmarks/{FIT}", f"../runs/{run_id}.json"} <= set(shown.links)
    alone = render(
        report(run_id, load_config(database(pages.store.path.parent).parent, {}), pages.store), "html"
    )
    main = alone[alone.index("<main>") : alone.index("</main>")]
    assert main in answer.text


def test_a_run_is_also_there_as_its_document(pages):
    answer = pages.get(f"/runs/{header_of(6).id}.json")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content)["run"]["id"] == header_of(6).id


# Benchmarks


def test_benchmarks_are_listed_with_their_newest_time_and_its_run(pages):
    shown = read(pages.get("/benchmarks/"))
    assert "fit script:script.py 7 1.01 ms 2026-01-04 09:00" in shown.text
    assert {FIT, f"../runs/{header_of(6).id}"} <= {
        link.removeprefix("../benchmarks/") for link in shown.links
    }


def test_a_history_has_every_time_linked_to_its_run_in_drawing_and_table(pages):
    shown = read(pages.get(f"/benchmarks/{FIT}"))
    for number in range(7):
        assert shown.links.count(f"../runs/{header_of(number).id}") == 2


def test_only_times_of_one_machine_are_joined(pages):
    text = pages.get(f"/benchmarks/{FIT}").text
    lines = [part.partition('"')[0] for part in text.split('class="join" d="')[1:]]
    assert [line.count(" ") for line in lines[:2]] == [5, 2]
    assert "on 2 machines, which are not held against each other" in text


def test_a_history_can_stand_over_commits(pages):
    shown = read(pages.get(f"/benchmarks/{FIT}?over=commits"))
    assert "0000000 7 commits 0000006" in shown.text
    assert pages.get(f"/benchmarks/{FIT}?over=moons").status_code == 400


def test_a_long_history_is_thinned_in_the_drawing_and_paged_in_the_table(tmp_path):
    fill(tmp_path, 0)
    with open_store(database(tmp_path)) as store:
        for number in range(TIMES + 5):
            put(store, header_of(0, id=f"20260101T090000-{number:04x}"), per_call_ns=1e6 + number)
    pages = Shown(tmp_path)
    shown = read(pages.get(f"/benchmarks/{FIT}"))
    assert "Of 105 times 2 are drawn" in shown.text
    assert "Times 1 to 100 of 105" in shown.text
    assert f"../benchmarks/{FIT}?page=2" in shown.links
    assert "Times 101 to 105 of 105" in read(pages.get(f"/benchmarks/{FIT}?page=2")).text


def test_a_benchmark_is_found_by_its_name(tmp_path):
    name = "tests/test_fit.py::test_fit[a/b-1]"
    with open_store(database(tmp_path)) as store:
        put(store, header_of(0), name)
    pages = Shown(tmp_path)
    answer = pages.get(f"/benchmarks/{name}")
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        f"../../{slug_of('script:script.py', name)}",
    )
    followed = pages.client.get(f"/benchmarks/{name}", follow_redirects=True)
    assert name in read(followed).text


def test_a_name_of_two_targets_leads_to_both(tmp_path):
    from builders import make_target

    with open_store(database(tmp_path)) as store:
        for number in (0, 1):
            put(store, header_of(number, targets=(make_target(key=f"t{number}"),)), "fit")
    shown = read(Shown(tmp_path).get("/benchmarks/fit"))
    assert {f"../benchmarks/{slug_of(key, 'fit')}" for key in ("t0", "t1")} <= set(shown.links)


def test_a_single_time_is_no_course(tmp_path):
    with open_store(database(tmp_path)) as store:
        put(store, header_of(0))
    shown = read(Shown(tmp_path).get(f"/benchmarks/{FIT}"))
    assert "A single time makes no course" in shown.text


# Comparison


def test_two_runs_are_compared_by_the_rule_for_stored_runs(pages):
    answer = pages.get(f"/compare?base={header_of(3).id}&head={header_of(4).id}")
    shown = read(answer)
    assert "fit takes 1.00 ms instead of 1.00 ms" in shown.text
    assert "undecided: not measured side by side" in shown.text
    assert {f"runs/{header_of(3).id}", f"runs/{header_of(4).id}"} <= set(shown.links)


def test_runs_of_two_machines_get_no_verdict_and_a_link_to_their_ratios(pages):
    path = f"/compare?base={header_of(5).id}&head={header_of(6).id}"
    shown = read(pages.get(path))
    assert "processor Other CPU against Example CPU" in shown.text
    assert "undecided" not in shown.text
    (across,) = [link for link in shown.links if "across_machines" in link]
    told = read(pages.get(f"/{across}")).text
    assert "+0.1%" in told
    assert "? undecided" in told.replace("\xa0", " ")
    assert "undecided: the environments differ" in told


def test_names_mean_what_they_mean_to_the_verb(project):
    with open_store(database(project)) as store:
        store.save_baseline("main", header_of(3).id)
    shown = read(Shown(project).get("/compare?base=main&head=latest"))
    assert f"runs/{header_of(3).id}" in shown.links
    assert f"runs/{header_of(6).id}" in shown.links


def test_a_comparison_with_a_side_missing_asks_for_it(pages):
    text = pages.get("/compare?base=latest").text
    assert 'name="base" value="latest"' in text


def test_a_name_of_no_stored_run_is_not_found_even_where_it_is_a_file(project, pages, monkeypatch):
    monkeypatch.chdir(project)
    (project / "old.json").write_text(pages.get(f"/runs/{header_of(6).id}.json").text)
    for name in ("old.json", str(project / "old.json"), "/etc/passwd", "nothing"):
        answer = pages.get("/compare", params={"base": name, "head": "latest"})
        assert answer.status_code == 404
        assert "There is no run" in answer.text


# Names that mean harm

TAGS = {
    "a", "abbr", "b", "body", "button", "code", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "footer",
    "form", "g", "h1", "h2", "head", "header", "html", "input", "label", "li", "link", "main", "meta", "nav", "option",
    "p", "path", "rect", "section", "select", "span", "style", "summary", "svg", "table", "tbody", "td", "th", "thead",
    "title", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "action", "aria-current", "aria-hidden", "aria-label", "charset", "checked", "class", "content", "d", "data-label",
    "height", "href", "http-equiv", "lang", "maxlength", "method", "name", "preserveaspectratio", "rel", "required",
    "role", "rx", "selected", "tabindex", "title", "type", "value", "viewbox", "width", "x", "y", "id",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_no_name_becomes_anything_but_text(name, tmp_path):
    attack = ATTACKS[name]
    with open_store(database(tmp_path)) as store:
        for number in (0, 1):
            put(store, hostile_header(number, attack), f"{attack}bench", summary=Summary(same=1))
        slug = store.benchmarks()[0].slug
    pages = Shown(tmp_path)
    addresses = (
        "/",
        "/benchmarks/",
        f"/benchmarks/{slug}",
        f"/compare?base={header_of(0).id}&head={header_of(1).id}",
    )
    for answer in [pages.get(address) for address in addresses]:
        shown = read(answer)
        assert shown.tags <= TAGS
        assert shown.attributes <= ATTRIBUTES
        assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in shown.text)
        assert len(answer.content) < 200_000
    assert pages.get(f"/runs/{header_of(0).id}").status_code == 200


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_what_is_asked_for_is_shown_as_text_too(name, pages):
    attack = ATTACKS[name][:300].encode("utf-8", "replace").decode()
    for path, query in (("/", {"target": attack}), ("/", {"branch": attack}), ("/compare", {"base": attack}),
                        ("/compare", {"base": attack, "head": attack})):  # fmt: skip
        answer = pages.get(path, params=query)
        assert answer.status_code in {200, 404}
        shown = Elements(answer.text)
        assert shown.tags <= TAGS
        assert shown.attributes <= ATTRIBUTES


def test_a_machine_of_unknown_key_is_joined_with_none(tmp_path):
    with open_store(database(tmp_path)) as store:
        for number in range(3):
            put(store, header_of(number, environment=make_environment(key="")))
    text = Shown(tmp_path).get(f"/benchmarks/{FIT}").text
    assert 'class="join" d="M0 6H36"' in text  # the legend's
    assert text.count('class="join"') == 1
    assert "not everything is known of these" in text

"""Rules of other packages: found by their entry point, and refused one at a time."""

from __future__ import annotations

import sys

import pytest
from scenes import run_of

from perfwatch.diagnose import diagnose
from perfwatch.diagnose.plugins import GROUP, all_rules
from perfwatch.diagnose.table import RULES
from perfwatch.pipeline.finding import findings_of

MODULE = """
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.records.finding import Advice
from perfwatch.records.run import PassName


def find(scene):
    for site in scene.sites:
        yield Suspect(
            module=site.module, node=site.statement, share=site.share, mechanism="slow here", advice=Advice(summary="Ask us.")
        )


def made(slug, **changes):
    fields = dict(title="Ours", needs=frozenset({PassName.CPU}), shape="s", limits="l", source="o", find=find) | changes
    return Rule(slug=slug, **fields)


OURS = made("our-own-rule")
CLASH = made("sleep")
UGLY = made("Not A Slug")
NEEDY = made("needy", needs={"cpu"})
TEXT = "no rule at all"
"""


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """Install a package on the path, and tell which entries it names."""
    (tmp_path / "other_rules.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "other_broken.py").write_text("raise SystemExit('not today')", encoding="utf-8")
    folder = tmp_path / "other_rules-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: other-rules\nVersion: 1.0\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("other_rules", "other_broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def name_entries(*entries):
        text = f"[{GROUP}]\n" + "\n".join(f"entry{n} = {entry}" for n, entry in enumerate(entries)) + "\n"
        (folder / "entry_points.txt").write_text(text, encoding="utf-8")

    yield name_entries
    for name in ("other_rules", "other_broken"):
        sys.modules.pop(name, None)


def test_a_rule_of_another_package_is_asked_after_ours(other_package):
    other_package("other_rules:OURS")
    rules, notes = all_rules()
    assert [rule.slug for rule in rules] == [*(rule.slug for rule in RULES), "our-own-rule"]
    assert notes == ()
    found = diagnose(run_of("x = sum(range(9))  #@ 80% 1x"), rules)
    assert [(one.rule, one.mechanism) for one in found.ranked] == [("our-own-rule", "slow here")]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("other_rules:CLASH", "perfwatch has a rule sleep already"),
        ("other_rules:UGLY", "'Not A Slug' is not made of small letters"),
        ("other_rules:NEEDY", "its needs must be a frozenset of PassName"),
        ("other_rules:TEXT", "other_rules:TEXT is a str"),
        ("other_rules:ABSENT", "AttributeError"),
        ("other_broken:RULE", "SystemExit: not today"),
        ("no_such_module:RULE", "ModuleNotFoundError"),
    ],
)
def test_a_rule_that_is_refused_is_named_and_the_rest_go_on(other_package, entry, why):
    other_package(entry, "other_rules:OURS")
    rules, (note,) = all_rules()
    assert rules[-1].slug == "our-own-rule"
    assert len(rules) == len(RULES) + 1
    assert note.startswith("The rule entry0 of other-rules was left out: ")
    assert why in note


def test_of_two_rules_with_one_slug_the_first_is_kept(other_package):
    other_package("other_rules:OURS", "other_rules:OURS")
    rules, (note,) = all_rules()
    assert len(rules) == len(RULES) + 1
    assert "other-rules has a rule our-own-rule already" in note


def test_a_report_names_what_was_refused(other_package):
    other_package("other_rules:OURS", "other_rules:CLASH")
    found = findings_of(run_of("x = sum(range(9))  #@ 80% 1x"))
    assert [one.rule for one in found.ranked] == ["our-own-rule"]
    assert any("was left out" in note for note in found.notes)

"""docs/rules.md names every rule with all that it says of itself, and every rule has its programmes."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

from perfwatch.diagnose.table import RULES

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "rules.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
FAMILIES = (
    "again",
    "algebra",
    "callees",
    "evaluations",
    "loops",
    "memory",
    "models",
    "processes",
    "starting",
    "structure",
    "turns",
    "waiting",
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_a_rule_has_a_section_with_what_it_says_of_itself(rule):
    said = SECTIONS[rule.slug].replace("\\_", "_").replace("\\*", "*")
    assert rule.title in said
    assert "the passes " + ", ".join(sorted(rule.needs)) in said
    assert rule.shape in said
    assert rule.limits in said
    for source in rule.source.split("; "):
        assert source in said
    examples = re.findall(r"^(Before|After):\n\n```\w+\n.+?^```$", said, re.MULTILINE | re.DOTALL)
    assert examples == ["Before", "After"]


#: Held against hand-built outcomes of experiments, in test_diagnosis_experiments.
BY_EXPERIMENT = {"same-arguments"}


def test_the_page_is_what_its_script_makes_of_the_table(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    made = importlib.import_module("rules_page")
    monkeypatch.delitem(sys.modules, "rules_page")
    assert made.page() == TEXT, "run: python docs/rules_page.py"
    assert set(made.EXAMPLES) == {rule.slug for rule in RULES}


def test_every_rule_is_held_against_one_programme_at_least_and_two_look_alikes():
    modules = [importlib.import_module(f"test_rules_{family}") for family in FAMILIES]
    fires = [case.rule for module in modules for case in module.FIRES]
    spares = [case.rule for module in modules for case in module.SPARES]
    others = {rule.slug for rule in RULES} - BY_EXPERIMENT
    assert others == set(fires)
    assert not {slug for slug in others if spares.count(slug) < 2}

"""The model's rules: each has a number that stays, and stands on a page with its clause and formula."""

import re

import pytest
from musigma_docs.base import names, numbered
from musigma_docs.base.numbered import GENERAL, NumbersError, checked, numbers, rules

from model.spaces.dialect import CANONICAL
from model.spaces.theory import ACTIONS
from tests import ROOT
from tests.docs.site import Site

PAGE = ".. rules:: general\n\n.. rules:: Appendix A\n\n.. action:: map\n\nSee :rule:`4`.\n"


def test_every_rule_has_a_number_of_its_own() -> None:
    assert numbers().keys() == {*GENERAL, *rules()}
    assert len({*numbers().values()}) == len(numbers())


def test_every_condition_of_the_model_is_a_rule_of_its_action() -> None:
    for name, make in ACTIONS.items():
        for sentence, formula in make(CANONICAL).guard.items():
            rule = rules()[f"refused unless {sentence}"]
            assert any(name in actions and known.eq(formula) for actions, _, known in rule.formulas)


def test_operations_that_carry_a_page_share_the_rules_of_map_and_grant() -> None:
    assert {name for name, rule in rules().items() if "send_map" in rule.actions} >= {
        name
        for name, rule in rules().items()
        if "map" in rule.actions and "canonical" in (rule.dialects or ["canonical"])
    }


@pytest.mark.parametrize(
    ("given", "retired", "said"),
    [
        ({"1": "a"}, {}, "the rule «b» has no number: give it 2 or more"),
        ({"1": "a", "2": "b", "3": "c"}, {}, "number 3 is of no rule, «c»: move it to retired"),
        ({"1": "a", "2": "b"}, {"2": "c"}, "number 2 is used again, though it is retired"),
        ({"1": "a", "2": "b", "3": "a"}, {}, "«a» has two numbers"),
        ({"1": "a", "3": "b"}, {}, "number 2 is gone: a rule that is no more goes to retired"),
    ],
)
def test_a_file_of_numbers_that_does_not_fit_is_refused(
    given: dict[str, str], retired: dict[str, str], said: str
) -> None:
    with pytest.raises(NumbersError, match=re.escape(said)):
        checked({"rules": given, "retired": retired}, ["a", "b"])


def test_pages_show_each_rule_and_operations_link_to_theirs(site: Site) -> None:
    page = site.build(PAGE)
    assert site.warnings == ""
    for key in (*GENERAL, *(key for key, rule in rules().items() if rule.theory.name == "Appendix A")):
        number = numbers()[key]
        assert page.count(f'id="rule-{number}"') == 1
    mine = numbers()["refused unless source and destination differ"]
    assert page.count(f'href="#rule-{mine}"') == 1
    assert f'href="#rule-{numbers()["map: derives"]}"' in page


def test_a_build_with_a_number_missing_fails(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ROOT / "docs" / "model" / "rules.toml"
    kept = [line for line in file.read_text("utf-8").splitlines() if "no ancestor" not in line]
    (site.folder / "rules.toml").write_text("\n".join(kept), "utf-8")
    monkeypatch.setattr(numbered, "FILE", site.folder / "rules.toml")
    for cached in (numbers, names.ids):
        cached.cache_clear()
    try:
        site.build(".. rules:: Appendix A\n")
    finally:
        for cached in (numbers, names.ids):
            cached.cache_clear()
    assert "the rule «refused unless the destination is no ancestor of the source» has no number" in site.warnings
    assert site.status


def test_rules_of_no_theory_are_an_error(site: Site) -> None:
    site.build(".. rules:: latin\n")
    assert "there are no rules of 'latin'; write general, Appendix A, ranges, messages" in site.warnings

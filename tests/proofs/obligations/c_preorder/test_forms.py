"""The same function in other forms of C is proved as well, and with a fault in that form it is not."""

import shutil
from pathlib import Path

import pytest

from proofs.verdict import Verdict
from tests.proofs.obligations.c_preorder.test_lists import verdict
from tests.proofs.obligations.c_preorder.variants import CODE, obligations_of

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("clang", "clang-14", "clang-19")), reason="no clang on the PATH"
)

BEGIN = CODE.index("    for (const struct node *each")
LOOP = CODE[BEGIN : CODE.index("\n}", BEGIN)]
"""The body of ``is_below``."""

FORMS = {
    "tested at the end of each turn": """    const struct node *each = top;

    do {
        each = each->next;
        if (!each || each->depth <= top->depth)
            return 0;
    } while (each != node);
    return 1;""",
    "tested for NULL at the end of each turn": """    const struct node *each = top->next;

    if (!each)
        return 0;
    do {
        if (each->depth <= top->depth)
            return 0;
        if (each == node)
            return 1;
        each = each->next;
    } while (each);
    return 0;""",
    "left by goto": """    const struct node *each = top;
    int found = 0;

next:
    each = each->next;
    if (!each || each->depth <= top->depth)
        goto out;
    if (each != node)
        goto next;
    found = 1;
out:
    return found;""",
    "moved in the test": """    const struct node *each = top;

    while ((each = each->next) && each->depth > top->depth)
        if (each == node)
            return 1;
    return 0;""",
}
WRONG = {
    "tested at the end of each turn": ("each->depth <= top", "each->depth < top"),
    "tested for NULL at the end of each turn": ("} while (each);", "} while (1);"),
    "left by goto": ("    each = each->next;\n", "    each = each->next ? each->next->next : each->next;\n"),
    "moved in the test": ("return 1;", "return each->depth;"),
}


@pytest.mark.long
@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=pytest.mark.slow) if number else form for number, form in enumerate(FORMS)]
)
def test_a_loop_may_have_another_form(tmp_path: Path, form: str) -> None:
    found = obligations_of(tmp_path, LOOP, FORMS[form])
    mine = {name: verdict(each) for name, each in found.items() if each.function == "is_below"}
    assert mine == dict.fromkeys(mine, Verdict.PROVED)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_with_a_fault_it_is_not_proved(tmp_path: Path, form: str) -> None:
    old, new = WRONG[form]
    assert FORMS[form].count(old) == 1
    found = obligations_of(tmp_path, LOOP, FORMS[form].replace(old, new))
    verdicts = {verdict(each) for each in found.values() if each.function == "is_below"}
    assert verdicts & {Verdict.UNPROVED, Verdict.REFUTED}


NUMBERS = "static uint32_t spaces, pages;"
FIELDS = "uint32_t space, page, frame, rights;"
FEWER_BITS = ("create_node__at_exit", "create_node__preserves__slot_node", "musigma_grant__preserves__slot_node")


@pytest.mark.slow
@pytest.mark.parametrize("numbers", ["uint16_t", "uint32_t"])
def test_numbers_may_be_cut_off_where_all_of_them_have_so_few_bits(tmp_path: Path, numbers: str) -> None:
    """A slot's numbers are less than those of spaces and pages: if these have 16 bits, so have they, and else not."""
    text = CODE.replace(NUMBERS, NUMBERS.replace("uint32_t", numbers)).replace(FIELDS, FIELDS.replace("32", "16"))
    found = obligations_of(tmp_path, CODE, text)
    verdicts = {verdict(found[name]) for name in FEWER_BITS}
    assert (verdicts == {Verdict.PROVED}) == (numbers == "uint16_t")


@pytest.mark.slow
@pytest.mark.parametrize("compared", [">=", "<"])
def test_narrow_numbers_are_compared_as_they_are(tmp_path: Path, compared: str) -> None:
    """C makes signed numbers of narrow ones before it compares them."""
    text = CODE.replace(NUMBERS, NUMBERS.replace("32", "16")).replace(FIELDS, FIELDS.replace("32", "16"))
    head = "static void remove_node(struct node *node)\n{\n"
    assert head in text
    text = text.replace(head, f"{head}    if (node->space {compared} spaces) __builtin_unreachable();\n")
    found = obligations_of(tmp_path, CODE, text)
    assert (verdict(found["remove_node__comes__nowhere_unreachable"]) == Verdict.PROVED) == (compared == ">=")


@pytest.mark.slow
@pytest.mark.parametrize("mask", ["MUSIGMA_ALL", "MUSIGMA_W"])
def test_the_other_rights_may_be_computed_by_exclusive_or(tmp_path: Path, mask: str) -> None:
    found = obligations_of(tmp_path, "MUSIGMA_ALL & ~rights", f"{mask} ^ rights")
    assert (verdict(found["musigma_flush__simulates__flush"]) == Verdict.PROVED) == (mask == "MUSIGMA_ALL")

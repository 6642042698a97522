"""Pictures that are no traces show what was computed: the machine's walk, the obligations between the layers."""

import re
from xml.etree import ElementTree

import pytest
from musigma_docs.base.build import RefusedError
from musigma_docs.pictures import pictured
from musigma_docs.pictures.page_walk import WIDTH, picture, walked
from musigma_docs.pictures.pictured import counted, stack
from musigma_docs.statements.proved import parts

from machine import READ
from machine.formats import FORMATS, SV39, X86_32, Format
from model.choice import choices_of
from model.spaces.dialect import CANONICAL, DIALECTS
from tests.docs.site import Site

ADDRESS = 0x40003123


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: str(format.name))
def test_a_walk_shows_each_entry_and_fits_a_phone(format: Format) -> None:
    walk = walked(format, ADDRESS, READ)
    assert [step.level for step in walk.steps] == [*reversed(range(format.levels))]
    assert walk.physical == walk.steps[-1].leads_to + 0x123
    assert all(above.leads_to == below.table for above, below in zip(walk.steps, walk.steps[1:], strict=False))
    drawn = ElementTree.fromstring(picture(walk).encode())
    said = [element.text or "" for element in drawn.iter() if element.tag.endswith("text")]
    for step in walk.steps:
        assert any(line.endswith(f"holds {step.entry:#0{2 + 2 * format.entry_bytes}x}") for line in said)
    for group in drawn.iter("{http://www.w3.org/2000/svg}g"):
        x = float(re.findall(r"[\d.]+", group.attrib["transform"])[0])
        assert x + float(group[0].attrib["width"]) <= WIDTH


def test_a_walk_says_which_bits_it_set() -> None:
    assert [step.marked for step in walked(X86_32, ADDRESS, READ).steps] == [("A",), ("A",)]
    assert [step.marked for step in walked(SV39, ADDRESS, READ).steps] == [(), (), ("A",)]


def test_the_stack_counts_each_layers_obligations() -> None:
    drawn = stack(parts())
    for name, beginnings in pictured.TIES:
        assert (f"{name}: {counted(beginnings, parts())} obligations" if beginnings else name) in drawn
    assert all(counted(beginnings, parts()) > 0 for _, beginnings in pictured.TIES if beginnings)


def test_a_part_that_is_reworded_is_missed() -> None:
    with pytest.raises(RefusedError, match="0 parts of what is proved begin with 'Nothing'"):
        counted(["Nothing"], parts())


@pytest.mark.long
def test_pages_have_the_pictures_and_the_grid_of_choices(site: Site) -> None:
    page = site.build(".. page-walk:: Sv39\n   :caption: Bits.\n\n.. refinement-stack::\n\n.. choice-grid::\n")
    assert site.warnings == ""
    assert len(re.findall(r'<img alt="(?:Sv39: the walk|The stack of refinements)[^"]*" class="mu-picture"', page)) == 2
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)[1:]
    choices = choices_of(CANONICAL.readings)
    assert len(rows) == len(choices)
    pairs = [(d.readings, choice) for d in DIALECTS.values() for choice in choices]
    same = sum(getattr(readings, choice) is getattr(CANONICAL.readings, choice) for readings, choice in pairs)
    assert sum(row.count("<p>·</p>") for row in rows) == same - len(rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".. page-walk:: Sv99\n", "there is no format 'Sv99'"),
        (".. page-walk:: Sv39\n   :rights: --x\n", "give an address and rights by which a load succeeds"),
        (".. page-walk:: Sv39\n   :address: here\n", "'here' is no address: write one as 0x40003123"),
    ],
)
def test_a_walk_that_cannot_be_drawn_is_an_error(site: Site, text: str, said: str) -> None:
    site.build(text)
    assert said in site.warnings

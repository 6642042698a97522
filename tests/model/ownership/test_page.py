"""The page of ownership lists every reading of every choice, by the words in which a dialect is named."""

from model.ownership.readings import OWNERSHIP_CHOICES
from tests import ROOT


def test_every_reading_is_on_the_page() -> None:
    text = (ROOT / "docs" / "ownership" / "index.rst").read_text("utf-8")
    named = {f"``{name}={member.name.lower()}``" for name, choice in OWNERSHIP_CHOICES.items() for member in choice}
    assert {each for each in named if each not in text} == set()

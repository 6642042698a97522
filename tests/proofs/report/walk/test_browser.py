"""Walking in a real browser: clicks, keys, formulas, the address, a telephone; nothing to complain of."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.scope import Scope
from model.spaces.dialect import dialect_named
from musigma.cli import app
from proofs.explorer.case import Case
from proofs.report.walk import graph_of, walk_page
from proofs.report.walk.ranges import RangesToWalk
from proofs.report.walk.spaces import SpacesToWalk
from tests import EXAMPLES

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

pytestmark = pytest.mark.xdist_group("browser")

CASES = {
    "lazy": Case(Scope(3, 1, 1), dialect_named("literal-lazy")),
    "tree": Case(Scope(2, 2, 2), dialect_named("tree")),
    "canonical": Case(Scope(3, 2, 1), dialect_named("canonical")),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walks")
    for name, case in CASES.items():
        (folder / f"{name}.html").write_text(walk_page(graph_of(SpacesToWalk(case))), "utf-8")
    cut = graph_of(SpacesToWalk(CASES["canonical"], symmetry=False), most=20)
    (folder / "cut.html").write_text(walk_page(cut), "utf-8")
    effects = "ranges__grant_range__narrows__children", "ranges__map_range__preserves__live_has_a_right"
    ranges = RangesToWalk(RangeScope(2, 2, 2, 0b11), CANONICAL_RANGES, dialect_named("canonical"), "none", effects)
    (folder / "ranges.html").write_text(walk_page(graph_of(ranges)), "utf-8")
    way = [("map ", 0, " → ", 1), ("map ", 1, " → ", 2)]
    (folder / "way.html").write_text(walk_page(graph_of(SpacesToWalk(CASES["lazy"])), way), "utf-8")
    return folder


@pytest.fixture
def visit(browser: "WebDriver", folder: Path) -> "Iterator[Callable[..., WebDriver]]":
    """Open a page; afterwards the browser must have had nothing to complain of."""

    def go(name: str, hash: str = "", width: int = 1100, scheme: str = "light") -> "WebDriver":
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})
        browser.get("about:blank")
        browser.get((folder / f"{name}.html").as_uri() + hash)
        return browser

    yield go
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def all_texts(browser: "WebDriver", selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map(each => each.textContent)"
    texts: list[str] = browser.execute_script(script, selector)
    return texts


def cells(browser: "WebDriver") -> dict[str, str]:
    script = (
        "return Object.fromEntries([...document.querySelectorAll('.cell')].map("
        "each => [each.querySelector('b').textContent, "
        "[...each.querySelectorAll('span')].map(one => one.textContent).join(', ')]))"
    )
    found: dict[str, str] = browser.execute_script(script)
    return found


def click(browser: "WebDriver", text: str, within: str = "#possible") -> None:
    script = (
        "const found = [...document.querySelectorAll(arguments[0] + ' button')].filter("
        "each => each.textContent === arguments[1]); found[0].click(); return found.length"
    )
    assert browser.execute_script(script, within, text) == 1


def ask(browser: "WebDriver", formula: str) -> str:
    script = (
        "document.getElementById('goal').value = arguments[0];"
        "document.getElementById('goal-form').requestSubmit();"
        "return document.getElementById('goal-said').textContent"
    )
    return str(browser.execute_script(script, formula))


def trail(browser: "WebDriver") -> list[str]:
    return all_texts(browser, "#trail a")


def wait_for(holds: Callable[[], Any]) -> None:
    """The browser goes back when it likes to."""
    until = monotonic() + 10
    while not holds():
        assert monotonic() < until
        sleep(0.05)


@pytest.mark.long
def test_steps_are_taken_and_taken_back(visit: "Callable[..., WebDriver]") -> None:
    browser = visit("canonical")
    assert cells(browser)["σ0[0]"] == "holds frame 0 rwx"
    click(browser, "map σ0[0] → σ1[1]")
    click(browser, "map σ1[1] → σ2[0]")
    assert cells(browser)["σ1[1]"] == "rwx, leads to frame 0, ← σ0[0]"
    assert cells(browser)["σ2[0]"] == "rwx, leads to frame 0, ← σ1[1]"
    assert all_texts(browser, "#changes") == ["Changed: σ2[0]"]
    assert "new" in browser.execute_script("return document.querySelectorAll('.cell')[4].className")
    assert all_texts(browser, "#tree li li li") == ["σ2[0]: rwx, leads to frame 0"]
    assert "map σ2[0] → σ1[1]" in all_texts(browser, "#refused")[0]
    click(browser, "flush σ1[1]")
    assert cells(browser)["σ2[0]"] == "φ"
    click(browser, "back", "#controls")
    assert trail(browser) == ["at first", "map σ0[0] → σ1[1]", "map σ1[1] → σ2[0]"]
    click(browser, "start", "#controls")
    assert trail(browser) == ["at first"]


@pytest.mark.long
def test_the_address_holds_the_way(visit: "Callable[..., WebDriver]") -> None:
    browser = visit("canonical")
    click(browser, "map σ0[0] → σ1[1]")
    click(browser, "grant σ1[1] → σ2[1]")
    hash = browser.execute_script("return location.hash")
    browser.back()
    wait_for(lambda: len(trail(browser)) == 2)
    again = visit("canonical", hash)
    assert trail(again) == ["at first", "map σ0[0] → σ1[1]", "grant σ1[1] → σ2[1]"]
    assert trail(visit("canonical", "#go=9999")) == ["at first"]
    assert trail(visit("canonical", "#go=nonsense")) == ["at first"]


@pytest.mark.long
def test_the_nearest_violation_is_played_and_named(visit: "Callable[..., WebDriver]") -> None:
    browser = visit("lazy")
    click(browser, "nearest violation", "#controls")
    assert trail(browser) == ["at first", "map σ0[0] → σ0[0]"]
    assert any("no-cycle" in text for text in all_texts(browser, "#properties li.bad"))
    browser = visit("canonical")
    click(browser, "nearest violation", "#controls")
    assert all_texts(browser, "#at") == ["No violation: none can be reached from here."]
    browser = visit("cut")
    click(browser, "nearest violation", "#controls")
    assert all_texts(browser, "#at") == ["No violation: none within what this page holds."]


@pytest.mark.long
def test_formulas(visit: "Callable[..., WebDriver]") -> None:
    browser = visit("canonical")
    assert ask(browser, "derives(σ2[1], s1[0]) and not (accessible(0[1]) or nil(σ1[1]))") == "A shortest way: 3 steps."
    assert len(trail(browser)) == 4
    assert cells(browser)["σ2[1]"].endswith("← σ1[0]")
    assert not cells(browser)["σ1[1]"].startswith("φ")
    assert ask(browser, "accessible(σ1[0])") == "It holds here."
    assert ask(browser, "has(σ1[0], 'rw')") == "It holds here."
    assert ask(browser, "holds(σ1[0], 0)") == "A shortest way: 1 step."
    assert ask(browser, "cyclic(σ0[0])") == "No such state: none can be reached from here."
    said = {
        "shiny(σ0[0])": "there is no “shiny”: write one of",
        "nil(σ9[0])": "“σ9[0]” names nothing here",
        "nil(σ0[0]": "is not understood",
        "(nil(σ0[0])": "a bracket is not closed",
        "nil(σ0[0]) nil(σ0[0])": "comes too much",
        "": "it ends too early",
    }
    for formula, words in said.items():
        assert words in ask(browser, formula)


def test_a_cell_leaves_the_steps_that_concern_it(visit: "Callable[..., WebDriver]") -> None:
    browser = visit("canonical")
    browser.execute_script("document.querySelectorAll('.cell')[5].click()")
    assert all_texts(browser, "#possible button") == ["map σ0[0] → σ2[1]", "grant σ0[0] → σ2[1]"]
    browser.execute_script("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    assert len(all_texts(browser, "#possible button")) > 2


def test_a_cell_leaves_the_ranges_that_it_lies_in(visit: "Callable[..., WebDriver]") -> None:
    browser = visit("ranges")
    browser.execute_script("document.querySelectorAll('.cell')[3].click()")
    left = all_texts(browser, "#possible button")
    assert {"map σ0[0] → σ1[1]", "map σ0[0..1] → σ1[0..1]", "map σ0[1] → σ1[1]"} <= set(left)
    assert not any(text.endswith("→ σ1[0]") for text in left)


def test_keys(visit: "Callable[..., WebDriver]") -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser = visit("tree")
    ActionChains(browser).send_keys("v").perform()
    assert len(trail(browser)) == 2
    assert "no-frame-lost" in "".join(all_texts(browser, "#properties li.bad"))
    ActionChains(browser).send_keys(Keys.BACKSPACE).perform()
    assert trail(browser) == ["at first"]
    ActionChains(browser).send_keys("/").perform()
    ActionChains(browser).send_keys("nil(σ0[0])", Keys.ENTER).perform()
    assert cells(browser)["σ0[0]"] == "φ"


def test_a_page_opens_at_the_end_of_its_way(visit: "Callable[..., WebDriver]") -> None:
    assert trail(visit("way")) == ["at first", "map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]"]


@pytest.mark.long
def test_the_page_of_a_file_that_describes_a_server(
    visit: "Callable[..., WebDriver]", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    right = (EXAMPLES / "shop.py").read_text("utf-8")
    wrong = right.replace("when(a_ticket=self.ticket(c.word), unsold=unsold)", "when(unsold=unsold)")
    assert wrong != right
    Path("shop.py").write_text(wrong, "utf-8")
    machine = ("--machine", "Thread=2,Id=2,Space=2,Slot=2,Right=1,Number=2", "--properties", "printed")
    done = CliRunner().invoke(app, ["explore", "shop.py:Shop", *machine, "--max-states", "30", "--html", "shop.html"])
    assert done.exit_code == 1
    browser = visit("shop")
    assert all_texts(browser, "h1") == ["Shop, dialect canonical"]
    assert len(trail(browser)) == 3
    assert trail(browser)[2].startswith("clerk in shop: sell (send)")
    violated = ["B.independence, printed: What is sold was printed Violated."]
    assert all_texts(browser, "#properties li.bad") == violated
    click(browser, "back", "#controls")
    assert len(trail(browser)) == 2
    assert all_texts(browser, "#properties li.bad") == []
    click(browser, "nearest violation", "#controls")
    assert all_texts(browser, "#properties li.bad") == violated


def test_what_lies_beyond_the_page_is_said(visit: "Callable[..., WebDriver]") -> None:
    browser = visit("cut")
    for _ in range(12):
        steps = all_texts(browser, "#possible button:not(.idle)")
        if not steps:
            break
        click(browser, steps[0])
    assert "are not in this page" in all_texts(browser, "#possible")[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["canonical", "ranges"])
def test_a_telephone_needs_no_scrolling_sideways(visit: "Callable[..., WebDriver]", name: str, scheme: str) -> None:
    browser = visit(name, width=360, scheme=scheme)
    assert browser.execute_script("return document.documentElement.scrollWidth") == 360
    buttons = "[...document.querySelectorAll('button:not([hidden])')]"
    tall = f"return {buttons}.every(each => each.getBoundingClientRect().height >= 40)"
    assert browser.execute_script(tall)

"""The page in a real browser: keys, buttons, slider, pointing and tapping, links to a step, a phone, dark and paper.

Needs Debian's ``chromium`` and ``chromium-driver`` and the Python package ``selenium``; skipped where one is missing.
Set ``MUSIGMA_SCREENSHOTS`` to a folder to keep a picture of each look.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.report.storyboard import Views, kernel_views, page, storyboard, storyboard_with_kernel, svg
from proofs.report.storyboard.lanes.page import lane_page
from proofs.report.storyboard.scenes.views import Answers
from refinement.faults import FAULTS
from tests.proofs.report.storyboard.lanes.test_page import BOARD
from tests.proofs.traces import TRACES, random_trace

selenium = pytest.importorskip("selenium", reason="selenium is not installed: pip install 'musigma[test]'")

from selenium.webdriver import ActionChains  # noqa: E402
from selenium.webdriver.common.actions import interaction  # noqa: E402
from selenium.webdriver.common.actions.action_builder import ActionBuilder  # noqa: E402
from selenium.webdriver.common.actions.pointer_input import PointerInput  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

STALE = Trace(
    "canonical",
    Scope(3, 2, 2),
    (Operation("map", 0, 2), Operation("map", 2, 5, 6), Operation("flush", 0), Operation("map", 1, 2)),
    "a core that is not told of a flush",
)

FOUR = Trace(
    "literal-lazy",
    Scope(4, 2, 2),
    (Operation("map", 0, 2), Operation("map", 2, 6), Operation("map", 1, 3), Operation("map", 6, 2)),
)

ANSWERED = Trace("canonical", Scope(3, 1, 1), (Operation("map", 0, 1), Operation("map", 1, 2), Operation("flush", 0)))


def _answered(*frames: Any, table: Any = None) -> Views:
    both = (("the target", frames), ("its page table", table or frames))
    tables = tuple(Answers(whose, shown, tuple(7 if frame >= 0 else 0 for frame in shown)) for whose, shown in both)
    return Views("mapdb.so", "the target", answers=tables)


ANSWERS = (_answered(0, -1, -1), _answered(0, 0, -1), _answered(0, 0, 0), _answered(0, -1, -1, table=(0, -1, 0)))

LOOKS = ("large.html", "large.svg", "widened.svg", "granted.svg", "cycle.svg", "stale.svg")
"""Further pages to keep pictures of."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    stale = storyboard(STALE, kernel_views(STALE, kernel=FAULTS["remote-core-forgotten"].kernel))
    boards = {name: storyboard_with_kernel(trace) for name, trace in TRACES.items()}
    links = (Operation("map", page, page + 1) for page in range(257))
    chain = Trace("canonical", Scope(1, 258, 1), (*links, Operation("flush", 0)))
    boards |= {
        "stale": stale,
        "chain": storyboard(chain),
        "target": storyboard(ANSWERED, ANSWERS),
        "four": storyboard(FOUR),
        "large": storyboard_with_kernel(random_trace(1, 30, Scope(8, 8, 8))),
    }
    (folder / "race.html").write_text(lane_page(BOARD), encoding="utf-8")
    for name, board in boards.items():
        (folder / f"{name}.html").write_text(page(board), encoding="utf-8")
        (folder / f"{name}.svg").write_text(svg(board), encoding="utf-8")
    return folder


@pytest.fixture
def visit(browser: WebDriver, folder: Path) -> Iterator[Callable[..., WebDriver]]:
    """Open a page, on a screen of some size; afterwards the browser must have had nothing to complain of."""

    def go(
        name: str,
        *,
        step: int | None = None,
        width: int = 1200,
        height: int = 900,
        mobile: bool = False,
        scheme: str = "light",
        media: str = "screen",
    ) -> WebDriver:
        screen = {"width": width, "height": height, "deviceScaleFactor": 2 if mobile else 1, "mobile": mobile}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": mobile})
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        browser.get("about:blank")
        browser.get((folder / name).as_uri() + ("" if step is None else f"#step={step}"))
        return browser

    yield go
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def _step(browser: WebDriver) -> int:
    shown = [section for section in browser.find_elements(By.CSS_SELECTOR, ".step") if section.is_displayed()]
    assert len(shown) == 1
    return int(shown[0].get_attribute("data-first") or "")


def _press(browser: WebDriver, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def _cell(browser: WebDriver, slot: int) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, f".step.current svg [data-slot='{slot}']")


def _tap(browser: WebDriver, element: WebElement) -> None:
    finger = PointerInput(interaction.POINTER_TOUCH, "finger")
    actions = ActionBuilder(browser, mouse=finger)
    actions.pointer_action.move_to(element).pointer_down().pointer_up()
    actions.perform()


def _chain(browser: WebDriver) -> list[str]:
    return [item.text for item in browser.find_elements(By.CSS_SELECTOR, "#detail-chain li")]


def _keep(browser: WebDriver, name: str) -> None:
    wanted = os.environ.get("MUSIGMA_SCREENSHOTS")
    if wanted:
        Path(wanted).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(Path(wanted) / f"{name}.png"))


@pytest.mark.long
def test_keys_move_between_steps(visit: Callable[..., WebDriver]) -> None:
    browser = visit("granted.html", step=0)
    assert _step(browser) == 0
    seen = []
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.END, Keys.ARROW_RIGHT, Keys.HOME):
        _press(browser, key)
        seen.append(_step(browser))
    assert seen == [1, 2, 1, 4, 4, 0]
    assert browser.current_url.endswith("#step=0")


@pytest.mark.long
def test_buttons_move_and_know_the_ends(visit: Callable[..., WebDriver]) -> None:
    browser = visit("granted.html", step=0)
    button = {name: browser.find_element(By.ID, name) for name in ("first", "back", "forward", "last")}
    assert [button[name].is_enabled() for name in button] == [False, False, True, True]
    seen = []
    for name in ("forward", "forward", "back", "last"):
        button[name].click()
        seen.append(_step(browser))
    assert seen == [1, 2, 1, 4]
    assert [button[name].is_enabled() for name in button] == [True, True, False, False]
    button["first"].click()
    assert _step(browser) == 0


@pytest.mark.long
def test_lanes_are_stepped_through(visit: Callable[..., WebDriver]) -> None:
    browser = visit("race.html")
    assert _step(browser) == 2  # where something is wrong
    _keep(browser, "race")
    seen = []
    for key in (Keys.ARROW_LEFT, Keys.ARROW_RIGHT, Keys.HOME, Keys.ESCAPE):
        _press(browser, key)
        seen.append(_step(browser))
    assert seen == [1, 2, 0, 0]
    browser.find_element(By.CSS_SELECTOR, "#strip a[data-step='1']").click()
    assert browser.find_element(By.CSS_SELECTOR, ".step.current .lane.acts .new").text == "holds A"
    assert browser.current_url.endswith("#step=1")
    browser = visit("race.html", step=2, width=360, mobile=True)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
def test_the_slider_moves_by_key_and_by_pointer(visit: Callable[..., WebDriver]) -> None:
    browser = visit("granted.html", step=0)
    slider = browser.find_element(By.ID, "slider")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert _step(browser) == 1
    assert slider.get_attribute("aria-valuetext") == "1. map σ0[0] → σ1[0]"
    ActionChains(browser).move_to_element_with_offset(slider, slider.size["width"] // 2 - 6, 0).click().perform()
    assert _step(browser) == 4


@pytest.mark.long
def test_a_link_leads_to_its_step(visit: Callable[..., WebDriver]) -> None:
    browser = visit("granted.html", step=3)
    assert _step(browser) == 3
    link = browser.find_element(By.ID, "link")
    assert (link.text, (link.get_attribute("href") or "").rpartition("#")[2]) == ("step 3 of 4", "step=3")
    browser.execute_script("location.hash = '#step=1'")
    assert _step(browser) == 1
    assert _step(visit("granted.html", step=99)) == 4
    assert _step(visit("granted.html", step="x")) == 0  # nothing is wrong in it


def test_a_page_opens_at_the_violation(visit: Callable[..., WebDriver]) -> None:
    assert _step(visit("dangling.html")) == 3
    assert _step(visit("stale.html")) == 3
    assert _step(visit("stale.html", step=1)) == 1


@pytest.mark.long
def test_a_strip_of_all_steps_leads_to_each_and_marks_what_is_wrong(visit: Callable[..., WebDriver]) -> None:
    browser = visit("stale.html", step=0)
    chips = browser.find_elements(By.CSS_SELECTOR, "#strip a")
    assert [chip.text for chip in chips] == [
        "0. at first",
        "1. map σ0[0] → σ1[0]",
        "2. map σ1[0] → σ2[1] rw-",
        "3. flush σ0[0]",
        "4. map σ0[1] → σ1[0]",
    ]
    assert [chip.get_attribute("class") for chip in chips] == ["", "", "", "wrong", "still"]
    chips[2].click()
    assert _step(browser) == 2
    assert [chip.get_attribute("aria-current") for chip in chips] == [None, None, "step", None, None]
    last = visit("large.html", step=30, width=360, height=740, mobile=True).find_element(
        By.CSS_SELECTOR, "#strip [aria-current]"
    )
    assert 0 <= last.rect["x"] <= 360, "the step shown is in sight"


def test_four_spaces_show_their_frames_on_a_phone(visit: Callable[..., WebDriver]) -> None:
    browser = visit("four.html", step=4, width=390, height=800, mobile=True)
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    for what in (".step.current svg .frame", ".step.current svg .cell.wrong"):
        box = browser.execute_script(
            f"const b = document.querySelector('{what}').getBoundingClientRect(); return [b.left, b.right]"
        )
        assert 0 <= box[0] < box[1] <= 390, what
    _keep(browser, "phone-four")


def test_a_picture_alone_is_whole_on_a_narrow_screen(visit: Callable[..., WebDriver]) -> None:
    for name in ("dangling.svg", "four.svg"):
        browser = visit(name, width=390, height=800)
        box = browser.execute_script(
            "const b = document.documentElement.getBoundingClientRect(); return [b.left, b.right, b.height]"
        )
        assert (box[0], box[1]) == (0, 390)
        assert browser.execute_script("return document.documentElement.scrollWidth") == 390
        ratio = browser.execute_script("const v = document.documentElement.viewBox.baseVal; return v.height / v.width")
        assert box[2] == pytest.approx(390 * ratio, rel=0.01)
        _keep(browser, f"narrow-{name[:-4]}")


def test_the_wrong_slots_box_says_what_the_model_and_what_the_target_show(visit: Callable[..., WebDriver]) -> None:
    browser = visit("target.html", step=3)
    said = [each.text for each in _cell(browser, 2).find_elements(By.TAG_NAME, "text")]
    assert said[:3] == ["σ2[0]", "model: φ", "page table: frame 0 rwx"]
    said = [each.text for each in _cell(visit("stale.html", step=3), 2).find_elements(By.TAG_NAME, "text")]
    assert said[:3] == ["σ1[0]", "model: φ", "core 1: frame 0 rwx"]


@pytest.mark.long
def test_steps_that_are_not_drawn_can_be_reached_and_are_told(visit: Callable[..., WebDriver]) -> None:
    browser = visit("chain.html", step=3)
    _press(browser, Keys.ARROW_RIGHT)
    heading = browser.find_element(By.CSS_SELECTOR, ".step.current h2")
    assert heading.text == "4. map σ0[3] → σ0[4]"
    _press(browser, Keys.ARROW_RIGHT)
    assert heading.text == "5. map σ0[4] → σ0[5]"
    assert "Not drawn: 253 more of the same kind" in browser.find_element(By.CSS_SELECTOR, ".step.current").text
    assert browser.current_url.endswith("#step=5")
    _press(browser, Keys.END)
    assert _step(browser) == 258
    assert (
        visit("chain.html", step=100).find_element(By.CSS_SELECTOR, ".step.current h2").text
        == "100. map σ0[99] → σ0[100]"
    )


@pytest.mark.long
def test_pointing_at_a_slot_shows_where_its_page_came_from(visit: Callable[..., WebDriver]) -> None:
    browser = visit("granted.html", step=4)
    assert not browser.find_element(By.ID, "detail").is_displayed()
    ActionChains(browser).move_to_element(_cell(browser, 4)).perform()
    assert browser.find_element(By.ID, "detail-name").text == "σ2[0]"
    assert _chain(browser) == ["σ2[0] (r--)", "σ3[1] (rw-)", "σ0[0] (rwx)", "frame 0"]
    assert "virtual 0x10000 → physical 0x15000 · entry at 0xa080" in browser.find_element(By.ID, "detail-facts").text
    lit = browser.find_elements(By.CSS_SELECTOR, ".step.current svg .cell.lit")
    assert {cell.get_attribute("data-slot") for cell in lit} == {"0", "4", "7"}
    assert len(browser.find_elements(By.CSS_SELECTOR, ".step.current svg .edge.lit")) == 3
    _keep(browser, "hover")
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    assert not browser.find_element(By.ID, "detail").is_displayed()


@pytest.mark.long
def test_a_slot_stays_chosen_from_step_to_step(visit: Callable[..., WebDriver]) -> None:
    browser = visit("granted.html", step=2)
    ActionChains(browser).move_to_element(_cell(browser, 4)).click().perform()
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    assert _chain(browser) == ["σ2[0] (rw-)", "σ1[0] (rwx)", "σ0[0] (rwx)", "frame 0"]
    _press(browser, Keys.ARROW_RIGHT)
    assert (_step(browser), _chain(browser)) == (3, ["σ2[0] (rw-)", "σ3[1] (rw-)", "σ0[0] (rwx)", "frame 0"])
    _press(browser, Keys.ESCAPE)
    assert not browser.find_element(By.ID, "detail").is_displayed()


def test_slots_can_be_reached_and_chosen_with_keys_alone(visit: Callable[..., WebDriver]) -> None:
    browser = visit("lost.html", step=1)
    browser.execute_script("arguments[0].focus()", _cell(browser, 1))
    assert _chain(browser) == ["σ1[0] (rwx)", "σ0[0] (rwx)", "frame 0"]
    _press(browser, Keys.ENTER)
    _press(browser, Keys.ARROW_RIGHT)
    assert (_step(browser), _chain(browser)) == (2, ["σ1[0] is φ: nobody can access it"])


@pytest.mark.long
def test_on_a_phone_slots_are_tapped_and_nothing_is_wider_than_the_screen(visit: Callable[..., WebDriver]) -> None:
    browser = visit("stale.html", step=3, width=360, height=740, mobile=True)
    assert browser.execute_script("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]
    for button in browser.find_elements(By.CSS_SELECTOR, "#controls button"):
        assert min(button.size.values()) >= 40
    _keep(browser, "phone")
    _tap(browser, _cell(browser, 0))
    assert browser.find_element(By.ID, "detail-name").text == "σ0[0]"
    _keep(browser, "phone-tapped")
    for name in ("large.html", "dangling.html", "chain.html"):
        browser = visit(name, step=3, width=360, height=740, mobile=True)
        assert browser.execute_script("return document.documentElement.scrollWidth") == 360
        _keep(browser, f"phone-{name[:-5]}")


def test_a_stale_translation_stands_beside_the_model(visit: Callable[..., WebDriver]) -> None:
    browser = visit("stale.html", step=3)
    findings = [item.text for item in browser.find_elements(By.CSS_SELECTOR, ".step.current .findings li")]
    assert findings == [
        "core 1's buffer lets σ1[0] read, write and execute frame 0, the model does not",
        "core 2's buffer lets σ2[1] read and write frame 0, the model does not",
    ]
    differs = browser.find_elements(By.CSS_SELECTOR, ".step.current td.differs")
    assert [cell.text for cell in differs] == ["core 1: frame 0, rwx, dirty", "core 2: frame 0, rw-, dirty"]
    _keep(browser, "stale")


@pytest.mark.long
def test_what_a_target_answered_stands_beside_the_model(visit: Callable[..., WebDriver]) -> None:
    for width in (1280, 390):
        browser = visit("target.html", step=3, width=width, height=800, mobile=width < 500)
        differs = browser.find_elements(By.CSS_SELECTOR, ".step.current td.differs")
        assert [(cell.get_attribute("data-label"), cell.text) for cell in differs] == [
            ("its page table", "frame 0 rwx")
        ]
        finding = browser.find_element(By.CSS_SELECTOR, ".step.current .findings li")
        assert finding.text == "its page table shows frame 0 rwx in σ2[0], the model φ"
        assert browser.execute_script("return document.documentElement.scrollWidth") == width
        _keep(browser, f"target-{width}")


def test_a_page_asks_for_nothing_else(visit: Callable[..., WebDriver]) -> None:
    for name in ("stale.html", "chain.html", "stale.svg"):
        browser = visit(name, step=1)
        assert browser.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(visit: Callable[..., WebDriver], scheme: str) -> None:
    for name in ("dangling.html", "dangling.svg", *(LOOKS if os.environ.get("MUSIGMA_SCREENSHOTS") else ())):
        browser = visit(name, step=25 if name == "large.html" else 3, scheme=scheme)
        _keep(browser, f"{scheme}-{name.replace('.', '-')}")
        script = "return getComputedStyle(document.querySelector('.cell rect.body')).fill"
        dark = browser.execute_script(script) in ("rgb(35, 42, 51)", "rgb(20, 24, 29)")
        assert dark == (scheme == "dark")


def test_paper_shows_all_steps_in_light(visit: Callable[..., WebDriver]) -> None:
    browser = visit("dangling.html", step=2, scheme="dark", media="print", width=800, height=1100)
    assert all(section.is_displayed() for section in browser.find_elements(By.CSS_SELECTOR, ".step"))
    assert not browser.find_element(By.ID, "controls").is_displayed()
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    _keep(browser, "print")


def test_without_scripts_all_steps_are_shown(visit: Callable[..., WebDriver], browser: WebDriver) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        visit("lost.html")
        assert [section.is_displayed() for section in browser.find_elements(By.CSS_SELECTOR, ".step")] == [True] * 3
        assert not browser.find_element(By.ID, "controls").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.long
def test_words_in_a_picture_stay_in_their_boxes(visit: Callable[..., WebDriver]) -> None:
    """Text is set in whatever font there is; it must neither leave the picture nor run into other text."""
    script = """
      const boxes = [...document.querySelectorAll('svg text')]
        .filter((text) => text.textContent.trim())
        .map((text) => [text.textContent, text.getBoundingClientRect()]);
      const wide = document.querySelector('svg').getBoundingClientRect().right;
      const found = boxes.filter(([words, box]) => box.right > wide).map(([words]) => words + ' leaves the picture');
      for (const [i, [one, a]] of boxes.entries())
        for (const [other, b] of boxes.slice(i + 1))
          if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
              Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4) found.push(one + ' on ' + other);
      return found;
    """
    for name in ("dangling", "widened", "granted", "cycle", "overwritten", "target", "stale"):
        assert visit(f"{name}.svg").execute_script(script) == [], name

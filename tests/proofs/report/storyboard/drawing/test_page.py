"""The page stands alone, and says the same as the scenes."""

import json
import re
from dataclasses import replace
from typing import Any

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.report.storyboard import kernel_views, page, storyboard, storyboard_with_kernel
from tests.proofs.traces import TRACES


def _details(document: str) -> dict[str, Any]:
    told = re.search(r'<script type="application/json" id="details">(.*?)</script>', document, re.S)
    assert told is not None
    scenes: dict[str, Any] = json.loads(told[1])["scenes"]
    return scenes


def test_nothing_is_loaded_from_anywhere() -> None:
    document = page(storyboard_with_kernel(TRACES["granted"]))
    assert re.findall(r"https?:|url\(|@import|<img|<iframe", document) == []
    strip = [f"#step-{number}" for number in range(5)]
    assert re.findall(r'(?:src|href)="([^"]*)"', document) == ["data:,", "#step=0", *strip]
    assert "default-src 'none'" in document


def test_the_chain_and_the_addresses_of_a_slot() -> None:
    board = storyboard_with_kernel(TRACES["granted"])
    assert _details(page(board))["3"]["4"] == {
        "name": "σ2[0]",
        "chain": ["σ2[0] (rw-)", "σ3[1] (rw-)", "σ0[0] (rwx)", "frame 0"],
        "lit": ["s4", "s7", "s0", "f0"],
        "facts": ["space 2, page 0", "virtual 0x10000 → physical 0x15000", "entry at 0xa080"],
        "wrong": [],
    }


def test_a_slot_that_is_nil_and_one_whose_links_lead_nowhere() -> None:
    told = _details(page(storyboard(TRACES["dangling"])))["3"]
    assert told["2"]["chain"] == ["σ2[0] is φ: nobody can access it"]
    assert told["1"] == {
        "name": "σ1[0]",
        "chain": ["σ1[0] (---)", "σ2[0] (---)", "φ, nothing"],
        "lit": ["s1", "s2"],
        "facts": ["space 1, page 0"],
        "wrong": ["σ1[0] is a link to σ2[0], which is gone"],
    }


def test_a_cycle_has_a_chain_that_ends() -> None:
    assert _details(page(storyboard(TRACES["cycle"])))["1"]["0"]["chain"] == ["σ0[0] (rwx)", "and round again: a cycle"]


def test_all_tellings_stand_side_by_side() -> None:
    trace = Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1, 4),))
    document = page(storyboard(trace, kernel_views(trace)))
    match = re.search(r'<tr data-slot="1" class="changed">(.*?)</tr>', document, re.S)
    assert match is not None
    row = match[1]
    cells = [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.findall(r"<td.*?</td>", row, re.S)
    ]
    assert cells == [
        "← σ0[0], P frame 0, r--",
        "← σ0[0], P frame 0, r--",
        "0x0000000000001c53 PPN=0x7 D=0 A=1 G=0 U=1 X=0 W=0 R=1 V=1",
        "core 1: frame 0, r--",
    ]


def test_without_a_machine_the_page_says_why() -> None:
    document = page(storyboard_with_kernel(TRACES["widened"]))
    assert "page-table entry" not in document
    assert "No page tables are shown: the kernel implements canonical and tree, not x2-keep." in document


def test_hostile_titles_stay_words() -> None:
    board = replace(storyboard(TRACES["lost"]), violated="</script><script>alert(1)</script>")
    document = page(board)
    assert document.count("<script") == 2
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in document

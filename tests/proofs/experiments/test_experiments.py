"""The experiments against the paper's numbers, which are written down here again."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from machine import tlb
from machine.costs.events import Event
from machine.costs.processor import BufferPart, Kind, Processor
from machine.costs.quantity import Quantity, exactly
from machine.costs.reading import processors
from machine.costs.traces import Reference
from machine.events import EXECUTE, READ
from machine.formats import X86_32
from model.spaces.literal import DONE
from proofs.experiments import kernel_operations, memory_stalls, segments, small_spaces, switching, two_processors
from proofs.experiments.counted_messages import CLIENT, SERVER, CountedMessages
from proofs.experiments.inventory import EXPERIMENTS, NAMES
from proofs.experiments.result import Agreement, Findings, Setting, Traced
from proofs.experiments.simulated import Bench
from refinement.kernel.mapping_tree import NONE
from refinement.messages.blocks import ANYBODY
from refinement.messages.lockstep import boot

ROWS = tuple(processors().values())
I486, PENTIUM = processors()["486"], processors()["Pentium"]


@cache
def found(id: str, subject: str = "") -> Findings:
    return EXPERIMENTS[id].run(Setting(ROWS, processors()[subject] if subject else None))


def lines(id: str) -> dict[str, tuple[str, str, str]]:
    return {
        f"{line.what}, {line.unit}".removesuffix(", cycles"): (
            "" if line.paper is None else str(line.paper),
            "" if line.formula is None else str(line.formula),
            "" if line.simulated is None else str(line.simulated),
        )
        for line in found(id).lines
    }


def test_every_clause_has_an_experiment() -> None:
    assert list(EXPERIMENTS) == ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "C12", "data"]
    assert NAMES["table1"].id == "P2"
    assert len(NAMES) == sum(1 + len(each.aliases) for each in EXPERIMENTS.values())


@pytest.mark.long
@pytest.mark.parametrize("id", EXPERIMENTS)
def test_no_number_of_the_paper_differs_without_a_reason(id: str) -> None:
    assert found(id).unexplained == ()
    assert found(id).incomplete == ()


def test_which_numbers_of_the_paper_do_not_follow() -> None:
    explained = {
        f"{id}: {line.what}" for id in EXPERIMENTS for line in found(id).lines if line.agreement == Agreement.EXPLAINED
    }
    assert explained == {
        "P1: overhead of that call",
        "P1: 800 cycles in misses of the buffer",
        "P1: 800 cycles in misses of the cache",
        "P1: L3's call at best",
        "P1: L3's call",
        "P4: Mach, R2000 at 16.7 MHz",
        "P4: Exo-tlrpc, R2000 at 16.7 MHz",
        "P4: L3 against Mach, both on a 486",
        "P6: largest difference of all stalls",
        "P8: the same in cycles of a 486",
        "P8: L3's IPC less that",
    }


def test_p1() -> None:
    told = lines("P1")
    assert told["enter the kernel"] == ("71", "71", "")
    assert told["return to the user"] == ("36", "36", "")
    assert told["both, the lower bound"] == ("107", "107", "107")
    assert told["Mach's get_self_thread"] == ("900", "900", "")
    assert told["more if rarely executed"] == ("57", "57", "57")
    assert told["L3's call at best"] == ("123", "122", "")
    assert told["L3's call"] == ("123…180", "122…179", "")


def test_p1_of_another_processor_has_no_numbers_of_the_paper() -> None:
    told = {line.what: line for line in found("P1", "Pentium").lines}
    assert all(line.paper is None for line in told.values())
    assert told["both, the lower bound"].formula == exactly(69)
    assert str(told["more if rarely executed"].formula) == "?"


def test_p2_table_1() -> None:
    assert {name: cells for name, cells in lines("P2").items() if name.startswith("page-table switch, ")} == {
        "page-table switch, 486": ("36…364", "36…364", "36…364"),
        "page-table switch, Pentium": ("36…1196", "36…1196", "36…1196"),
        "page-table switch, PowerPC 601": ("?", "?", "?"),
        "page-table switch, Alpha 21064": ("80…1800", "80…1800", "80…1800"),
        "page-table switch, MIPS R4000": ("0", "0", "0"),
    }
    assert lines("P2")["Pentium, all of the buffer"] == ("864", "864", "")


def test_p2_a_processor_of_ones_own_gets_a_row() -> None:
    mine = replace(I486, name="mine", miss=Quantity(1, 2))
    told = switching.run(Setting((*ROWS, mine), mine))
    assert [str(cell) for cell in told.grids[0].rows[-1]] == ["mine", "32", "1…2", "4…56", "39"]
    (line,) = (line for line in told.lines if line.what == "page-table switch, mine")
    assert (line.paper, str(line.formula), str(line.simulated)) == (None, "4…56", "4…56")


def test_p2_one_set_stays_within_the_bound_and_real_ways_do_not() -> None:
    rows = [[int(str(cell)) for cell in row] for row in found("P2").grids[1].rows]
    assert all(one <= stays + bound for _, _, bound, one, stays, _ in rows)
    assert [(pages, apart) for pages, apart, bound, _, stays, real in rows if real > stays + bound] == [
        (5, 8),
        (8, 8),
        (28, 8),
        (32, 8),
    ]


def test_p2_the_string_that_a_solver_found_is_run() -> None:
    grid = found("P2").grids[2]
    assert "pages 0, 8, 16, 24, 32, 0" in grid.title
    assert grid.rows == (("one set", "5", "5"), ("4-way", "5", "6"))


def test_p2_a_tagged_buffer_keeps_its_entries() -> None:
    r4000 = processors()["MIPS R4000"]
    assert switching.away_and_back(r4000, range(40)) == 0
    assert switching.away_and_back(replace(r4000, tagged=False), range(40)) == 40


def test_p3() -> None:
    told = lines("P3")
    assert told["segment switch, 486"] == ("39", "39", "39")
    assert told["segment switch, Pentium"] == ("15", "15", "13.5…15")
    assert told["3 GB + 8 × 64 MB + 128 × 1 MB in one space, spaces"] == ("137", "137", "")
    assert [str(row[1]) for row in found("P3").grids[0].rows] == ["8", "0"]
    assert segments.placed([(2, 1 << 31), (1, 1)]) is None


def test_p4_table_2() -> None:
    assert [cells[0] for cells in lines("P4").values()][:12] == [
        *("250", "1254", "1584", "2900", "5750", "6000", "6783", "6916"),
        *("53", "220", "528", "981"),
    ]


def test_p5() -> None:
    rows = {(row[0], row[1]): tuple(map(str, row[2:])) for row in found("P5").grids[0].rows}
    assert rows["2", "page table"] == ("176…210", "4", "176…210", "192.5…243")
    assert rows["64", "page table"] == ("734…1016", "66", "734…1016", "750.5…1049")
    assert rows["62", "segments"] == ("168", "0", "165…168", "181.5…201")
    assert rows["64", "segments"][:3] == ("168", "10", "255…298"), "five pages share each of two sets of four"
    (plot,) = found("P5").plots
    assert [len(curve.points) for curve in plot.curves] == [32] * 4
    assert any("lost" in note for note in found("P5").notes)


def test_p5_one_set_has_no_conflict() -> None:
    one_set = replace(PENTIUM, buffers=(BufferPart(Kind.DATA, exactly(66)),), entries=exactly(66))
    assert small_spaces.simulate(one_set, 64, segments=True).refills == 0


def test_p6() -> None:
    told = list(lines("P6").values())
    assert told[0][1] == "-0.086"
    assert told[1][1] == "1.968"
    assert told[3] == ("7", "7", "")
    table = {(row[0], row[1]): tuple(map(str, row[2:])) for row in found("P6").grids[1].rows}
    assert table["sed", "Mach"] == ("23 %", "0.095", "0.32")


def test_p6_a_trace_by_kind() -> None:
    # Three lines of the same set in turns, twice: in two ways they displace each other, in one set they would fit.
    data = [Reference(READ, 4096 * n, 4) for n in (0, 1, 2)] * 2
    code = [Reference(EXECUTE, 0, 4)] * 2
    told = memory_stalls.run(Setting(ROWS, PENTIUM, Traced("mine", [*data, *code])))
    assert told.grids[-1].title == "mine in the caches of Pentium"
    assert told.grids[-1].rows == (
        ("code, 8192 bytes, 2-way, lines of 32", "2", "1", "1", "0", "0", "0.0%"),
        ("data, 8192 bytes, 2-way, lines of 32", "6", "0", "3", "0", "3", "50.0%"),
    )


def test_p7() -> None:
    told = lines("P7")
    assert [told[name][:2] for name in told if name.startswith("486, ")] == [
        ("338", "338"),
        ("288", "288"),
        ("162", "162"),
        ("72", "72"),
    ]
    assert told["two control blocks without a common set, aligned to 1K, %"] == ("75", "75", "75")
    assert [two_processors.competing(PENTIUM, each) for each in (4096, 2048, 1024)] == [
        1,
        Fraction(1, 2),
        Fraction(1, 4),
    ]
    assert [row[1:] for row in found("P7").grids[0].rows][-1] == ("107", "69")


def test_p8() -> None:
    told = lines("P8")
    assert told["what a 486 takes for trap and buffer"] == ("156", "156", "")
    assert told["transfer extended to what L3's IPC does"] == ("65", "65", "")
    assert told["L3's IPC less that"] == ("100", "94", "")
    assert told["saved by avoiding 11 misses"] == ("99", "99", "")
    assert told["a message of the simulated kernel, one way"] == ("", "144…169", "160…185")
    bill = {row[0]: tuple(map(str, row[1:])) for row in found("P8").grids[0].rows}
    assert bill["field of a thread's block"] == ("16", "1", "16")
    assert bill["buffer miss"] == ("4", "9…13", "36…52")


def test_a_message_is_one_of_the_kernel() -> None:
    bench = Bench(I486, spaces=2, pages=1)
    messages = CountedMessages(bench.core)
    plain = boot(messages.kernel.scope, format=X86_32, buffer=tlb.i486)
    plain.wait(SERVER, ANYBODY, NONE)
    noted = []
    for _ in range(3):
        for sender, receiver, partner in ((CLIENT, SERVER, SERVER), (SERVER, CLIENT, ANYBODY)):
            messages.start()
            assert messages.send(sender) == receiver
            assert plain.send(sender, receiver, 0, partner, NONE) == DONE
            noted.append((messages.counted().counts[Event.FIELD], messages.counted().counts[Event.DATA_MISS]))
            columns: Any = messages.kernel.threads  # lists, which note what is read by index
            assert [[*column] for column in columns] == [
                [column[n] for n in range(len(column))] for column in plain.threads
            ]
    assert noted == [(16, 5), (17, 0), (16, 0), (17, 0), (16, 0), (17, 0)]
    with pytest.raises(RuntimeError, match="thread 1 may not send"):
        messages.send(SERVER)


def test_misses_of_others_are_not_those_of_fields() -> None:
    bench = Bench(I486, spaces=2, pages=3)
    messages = CountedMessages(bench.core)
    bench.touch_all(range(3))
    messages.send(CLIENT)
    assert bench.core.ledger.counts[Event.DATA_MISS] == 3 + 5
    assert messages.counted().counts[Event.DATA_MISS] == 5
    messages.start()
    assert messages.counted().counts[Event.DATA_MISS] == 0


def test_c12_cells_stay_within_what_is_proved() -> None:
    done = [
        kernel_operations.map_once(I486),
        kernel_operations.grant_once(I486),
        *(kernel_operations.flush_once(I486, n, chain=chain) for n in (1, 4, 16) for chain in (False, True)),
    ]
    for each in done:
        assert 0 < each.ledger.counts[Event.CELL] <= each.cells_bound
        price = kernel_operations.cell_price(I486).bounds()[1]
        assert kernel_operations.cycles_in_cells(each, I486).bounds()[1] <= each.cells_bound * price


def test_c12_depth_costs_nothing_and_a_flush_is_linear() -> None:
    cells = [kernel_operations.map_once(I486, depth).ledger.counts[Event.CELL] for depth in (1, 4, 16)]
    assert cells == [27, 27, 27]
    flushed = {n: kernel_operations.flush_once(I486, n).ledger.counts for n in (1, 2, 8)}
    assert {n: counts[Event.CELL] / n for n, counts in flushed.items()} == {1: 27, 2: 27, 8: 27}
    assert {n: counts[Event.INVALIDATION] for n, counts in flushed.items()} == {1: 1, 2: 2, 8: 8}


def test_what_is_not_known_is_said() -> None:
    for id in ("P1", "P2", "P3", "P5", "C12"):
        assert found(id, "386").incomplete == (
            "386: the entries of the buffer are unknown: give buffer.entries a value",
        )


def sized(entries: int, ways: int = 1) -> Processor:
    parts = (BufferPart(Kind.UNIFIED, exactly(entries), exactly(ways)),)
    return replace(I486, name="mine", buffers=parts, entries=exactly(entries))


@pytest.mark.long
@pytest.mark.parametrize("id", ["P1", "P2", "P3", "P5", "C12"])
@pytest.mark.parametrize("entries", [1, 2, 5])
def test_small_buffers_are_simulated(id: str, entries: int) -> None:
    told = EXPERIMENTS[id].run(Setting((*ROWS, sized(entries)), sized(entries)))
    assert (told.incomplete, told.unexplained) == ((), ())


def test_buffers_that_are_too_large_are_not() -> None:
    told = EXPERIMENTS["P2"].run(Setting((*ROWS, sized(1 << 15)), sized(1 << 15)))
    assert told.incomplete == ("mine: its buffer has more pages than are simulated, 16,384",)


def test_each_value_is_shown_with_its_source() -> None:
    told = found("data", "486")
    rows = {row[0]: row[1:] for row in told.grids[-1].rows}
    assert rows["trap_in"] == ("71", "section 4.1.1")
    assert rows["buffer.tagged"] == ("no", "section 4.1.2")
    assert len(rows) == len(I486.sources)

"""Processor files: what the project's own say, and what is answered to nonsense."""

from fractions import Fraction
from importlib import resources
from pathlib import Path

import pytest

from machine.costs.processor import Kind
from machine.costs.quantity import NOT_APPLICABLE, UNKNOWN, Quantity, exactly
from machine.costs.reading import ORDER, ProcessorError, parse, processors, read

HEAD = 'musigma_processor = 1\nname = "mine"\n'


def test_every_file_is_listed_and_valid() -> None:
    folder = resources.files("machine.costs").joinpath("processors")
    assert len([file for file in folder.iterdir() if file.name.endswith(".toml")]) == len(ORDER)
    assert tuple(processors()) == ORDER


def test_table_1_as_the_paper_prints_it() -> None:
    """P2: entries, cycles a miss, segment switch, tagged."""
    assert {
        name: (str(each.capacity), str(each.miss), str(each.segment_switch), each.tagged)
        for name, each in processors().items()
        if each.capacity.known
    } == {
        "486": ("32", "9…13", "39", False),
        "Pentium": ("96", "9…13", "15", False),
        "PowerPC 601": ("256", "?", "29", False),
        "Alpha 21064": ("40", "20…50", "n/a", False),
        "MIPS R4000": ("48", "20…50", "n/a", True),
    }


def test_table_3_as_the_paper_prints_it() -> None:
    """P7."""
    i486, pentium = processors()["486"], processors()["Pentium"]
    assert [(part.kind, part.entries.exact, part.ways.exact) for part in pentium.buffers] == [
        (Kind.CODE, 32, 4),
        (Kind.DATA, 64, 4),
    ]
    assert [(part.kind, part.entries.exact, part.ways.exact) for part in i486.buffers] == [(Kind.UNIFIED, 32, 4)]
    sizes = [
        (cache.kind, cache.bytes.exact, cache.ways.exact, cache.line_bytes.exact)
        for cache in (*i486.caches, *pentium.caches)
    ]
    assert sizes == [(Kind.UNIFIED, 8192, 4, 16), (Kind.CODE, 8192, 2, 32), (Kind.DATA, 8192, 2, 32)]
    assert (i486.caches[0].write, pentium.caches[1].write) == ("through", "back")
    assert (i486.fast_instruction, pentium.fast_instruction) == (exactly(1), Quantity(Fraction(1, 2), 1))
    assert (i486.segment_load, pentium.segment_load) == (exactly(9), exactly(3))
    assert (i486.crossing, pentium.crossing) == (exactly(107), exactly(69))
    assert (i486.trap_in, i486.trap_out) == (exactly(71), exactly(36))


def test_what_the_paper_does_not_say_is_unknown() -> None:
    assert processors()["Pentium"].caches[1].miss == UNKNOWN
    assert processors()["Pentium"].trap_in == UNKNOWN
    assert processors()["PowerPC 601"].miss == UNKNOWN
    assert processors()["386"].crossing == UNKNOWN
    assert processors()["MIPS R4000"].segment_switch == NOT_APPLICABLE


def test_every_value_has_a_source() -> None:
    for each in processors().values():
        assert each.sources
        assert all(source.strip() for source in each.sources.values())


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        HEAD + 'clock_mhz = { value = 33.3, source = "me" }\n[buffer]\nmiss = { least = 2, most = 3, source = "me" }\n'
        'tagged = { value = "?", source = "nobody says" }\n[[buffer.parts]]\nkind = "unified"\n'
        'entries = { value = 16, source = "me" }\n'
    )
    mine = read(file)
    assert (mine.clock_mhz, mine.miss, mine.tagged) == (exactly(Fraction("33.3")), Quantity(2, 3), None)
    assert mine.capacity == exactly(16)
    assert mine.sources["buffer.parts.0.entries"] == "me"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a =", "this is no TOML"),
        ("[" * 5000, "this is no TOML"),
        ('name = "x"\n', "musigma_processor is missing"),
        ('musigma_processor = 2\nname = "x"\n', "musigma_processor: 2 is not allowed: write 1"),
        (HEAD + "clok_mhz = 1\n", "'clok_mhz' is unknown: write some of musigma_processor, name"),
        (HEAD + "trap = 5\n", "trap: 5 is not allowed: write a value with its source"),
        (HEAD + "trap = { value = 5 }\n", "trap: source is missing"),
        (
            HEAD + 'trap = { value = -5, source = "x" }\n',
            'trap.value: -5 is not allowed: write a number from 0 on, or "?"',
        ),
        (HEAD + 'trap = { value = nan, source = "x" }\n', "nan is no number"),
        (HEAD + 'trap = { value = 1e999999999, source = "x" }\n', "1e999999999 is no number"),
        (HEAD + 'trap = { least = 3, most = 1, source = "x" }\n', "trap: least is more than most"),
        (HEAD + 'trap = { value = 1, least = 1, most = 2, source = "x" }\n', "trap: {'value': 1"),
        (HEAD + 'paging = { value = "x86", source = "x" }\n', "paging: 'x86' is unknown: write one of x86-32"),
        (HEAD + '[buffer]\nrefill = { value = "me", source = "x" }\n', "buffer.refill: 'me' is unknown"),
        (
            HEAD + 'trap = { value = 9, source = "x" }\ntrap_in = { value = 5, source = "x" }\n'
            'trap_out = { value = 5, source = "x" }\n',
            "trap: 9, but in and out are 10",
        ),
        (
            HEAD + '[[buffer.parts]]\nkind = "unified"\nentries = { value = 6, source = "x" }\n'
            'ways = { value = 4, source = "x" }\n',
            "buffer.parts.0: 6 is no multiple of 4 ways",
        ),
        (
            HEAD + '[[caches]]\nkind = "unified"\nbytes = { value = 100, source = "x" }\n'
            'ways = { value = 2, source = "x" }\nline_bytes = { value = 16, source = "x" }\n',
            "caches.0: 100 is no multiple of 2 ways of 16 bytes",
        ),
        (
            HEAD + '[[buffer.parts]]\nkind = "data"\nentries = { value = 4, source = "x" }\n[[buffer.parts]]\n'
            'kind = "data"\nentries = { value = 4, source = "x" }\n',
            "buffer.parts: two of them are one for code and one for data",
        ),
        (
            HEAD + '[buffer]\nentries = { value = 9, source = "x" }\n[[buffer.parts]]\nkind = "unified"\n'
            'entries = { value = 4, source = "x" }\n',
            "buffer.entries: 9, but the parts have 4",
        ),
        (
            HEAD + '[[buffer.parts]]\nkind = "code"\nentries = { value = 4, source = "x" }\n',
            "buffer.parts: one alone serves both, which is unified",
        ),
        (HEAD + '[[caches]]\nkind = "data"\n', "caches: one alone serves both, which is unified"),
        (HEAD.replace("mine", "a\\u0007b"), "name: 'a\\x07b' cannot be printed"),
    ],
)
def test_nonsense_gets_one_line(text: str, said: str) -> None:
    with pytest.raises(ProcessorError) as refused:
        parse(text, "mine.toml")
    assert str(refused.value).startswith("mine.toml: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ProcessorError, match="No such file"):
        read(tmp_path / "none.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(ProcessorError, match="no text in UTF-8"):
        read(binary)

"""Processor files: what the project's own say, and what is answered to nonsense."""

from fractions import Fraction
from importlib import resources
from pathlib import Path

import pytest

from machine.costs.processor import Kind
from machine.costs.quantity import NOT_APPLICABLE, UNKNOWN, Quantity, exactly
from machine.costs.reading import ORDER, ProcessorError, parse, processors, read
from machine.formats import FORMATS

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
            'trap.value: -5 is not allowed: write a number from 0 to 1,000,000,000 or "?" or "n/a"',
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
    with pytest.raises(ProcessorError) as error:
        parse(text, "mine.toml")
    assert str(error.value).startswith("mine.toml: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ProcessorError, match="No such file"):
        read(tmp_path / "none.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(ProcessorError, match="no text in UTF-8"):
        read(binary)


def value(path: str, text: str) -> str:
    """A value with a source, at a path of at most two parts."""
    table, _, name = path.rpartition(".")
    return (f"[{table}]\n" if table else "") + f'{name} = {{ value = {text}, source = "x" }}\n'


def refused(text: str) -> str:
    with pytest.raises(ProcessorError) as error:
        parse(text, "mine.toml")
    return str(error.value).removeprefix("mine.toml: ")


LONG = "1." + "0" * 38


def test_numbers_as_they_may_be_written() -> None:
    for text, number in (
        ("0.0", 0),
        ("9.9", Fraction(99, 10)),
        ("1e9", 10**9),
        ("1e-12", Fraction(1, 10**12)),
        (LONG, 1),
    ):
        found = parse(HEAD + value("trap", text), "mine.toml").trap.exact
        assert found == number
        assert isinstance(found, int) == (number == int(number))
    assert "is no number" not in refused(HEAD + value("trap", "1e12"))
    for text in ("1e13", "1e-13", LONG + "0", "inf"):
        assert f"{text[:40]} is no number: write a plain number" in refused(HEAD + value("trap", text))


def test_the_deepest_mistake_is_told() -> None:
    assert refused("clok = 1\n" + HEAD + value("trap", "-5")).startswith("trap.value: -5 is not allowed")
    assert refused("clok = 1\n" + HEAD).startswith("the file: 'clok' is unknown: write some of musigma_processor, name")
    assert refused(HEAD + "clok = 1\nb = 2\n").startswith("the file: 'b', 'clok' is unknown")
    assert refused("musigma_processor = 1\n") == "the file: name is missing"
    assert refused('musigma_processor = 1\nname = ""\n') == "name: '' should be non-empty"
    kind = HEAD + '[[caches]]\nkind = "both"\n'
    assert refused(kind) == "caches.0.kind: 'both' is not allowed: write unified or code or data"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            value("trap", "1e10"),
            'trap.value: 10000000000.0 is not allowed: write a number from 0 to 1,000,000,000 or "?"',
        ),
        (
            value("buffer.tagged", "3"),
            'buffer.tagged.value: 3 is not allowed: write true or false or "?"',
        ),
        (value("paging", "3"), "paging.value: 3 is not allowed: write a text"),
        (
            '[[caches]]\nkind = "unified"\nbytes = { value = 0, source = "x" }\n',
            'caches.0.bytes.value: 0 is not allowed: write a whole number from 1 to 16,777,216 or "?"',
        ),
        (
            'trap = { least = -1, most = 3, source = "x" }\n',
            "trap.least: -1 is not allowed: write a number from 0 to 1,000,000,000",
        ),
        (
            'trap = { least = 1, most = 3e9, source = "x" }\n',
            "trap.most: 3000000000.0 is not allowed: write a number from 0 to 1,000,000,000",
        ),
    ],
)
def test_what_may_be_written_instead(text: str, said: str) -> None:
    assert refused(HEAD + text).startswith(said)


def test_what_is_long_is_cut() -> None:
    for length, told in ((58, f"'{'z' * 58}'"), (59, f"'{'z' * 58}…"), (99, f"'{'z' * 58}…")):
        said = refused(HEAD + value("paging", f'"{"z" * length}"'))
        assert said.startswith(f"paging: {told} is unknown: write one of x86-32, ")
    assert refused(HEAD + value("trap", "-5.5")).startswith("trap.value: -5.5 is not allowed: write a number")


def test_what_is_said_beside_numbers() -> None:
    mine = parse(HEAD + 'about = "my own"\n' + value("paging", f'"{FORMATS[-1].name}"'), "mine.toml")
    assert (mine.about, mine.paging, mine.sources) == ("my own", FORMATS[-1].name, {"paging": "x"})
    assert parse(HEAD, "mine.toml").about == ""
    text = HEAD + '[buffer]\nrefill = { value = "software", source = "a" }\ntagged = { value = true, source = "b" }\n'
    mine = parse(text, "mine.toml")
    assert (mine.refill, mine.tagged) == ("software", True)
    assert mine.sources == {"buffer.refill": "a", "buffer.tagged": "b"}
    assert refused(HEAD + '[buffer]\nmiss = { least = 3, most = 1, source = "x" }\n').startswith(
        "buffer.miss: least is"
    )
    assert parse(HEAD + 'trap = { least = 3, most = 3, source = "x" }\n', "mine.toml").trap == exactly(3)


def parts(*sizes: tuple[str, str, str]) -> str:
    """Parts of a buffer: kind, entries and ways."""
    return "".join(
        f'[[buffer.parts]]\nkind = "{kind}"\n'
        + f'entries = {{ value = {entries}, source = "x" }}\n'
        + (f'ways = {{ value = {ways}, source = "x" }}\n' if ways else "")
        for kind, entries, ways in sizes
    )


def cache(kind: str, **sizes: int) -> str:
    return f'[[caches]]\nkind = "{kind}"\n' + "".join(
        f'{name} = {{ value = {size}, source = "x" }}\n' for name, size in sizes.items()
    )


@pytest.mark.parametrize(
    "text",
    [
        value("trap_in", "3") + value("trap_out", "4"),
        value("trap", "9") + value("trap_in", "3"),
        parts(("unified", "4", "4")),
        parts(("unified", '"?"', "4")),
        parts(("unified", "6", "")),
        value("buffer.entries", "9") + parts(("unified", '"?"', "")),
        value("buffer.entries", "9") + parts(("code", "4", ""), ("data", "5", "")),
        cache("unified", bytes=100, ways=3),
        cache("unified", bytes=100, line_bytes=16),
        cache("unified", ways=3, line_bytes=16),
    ],
)
def test_what_is_unknown_contradicts_nothing(text: str) -> None:
    assert parse(HEAD + text, "mine.toml").name == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (parts(("code", "4", "4"), ("data", "6", "4")), "buffer.parts.1: 6 is no multiple of 4 ways"),
        (
            cache("code", bytes=64, ways=2, line_bytes=16) + cache("data", bytes=100, ways=2, line_bytes=16),
            "caches.1: 100 is no multiple of 2 ways of 16 bytes",
        ),
        (cache("unified", bytes=3, ways=2, line_bytes=1), "caches.0: 3 is no multiple of 2 ways"),
        (cache("unified", bytes=3, ways=1, line_bytes=2), "caches.0: 3 is no multiple of 1 ways of 2 bytes"),
        (cache("unified", bytes=1, ways=1, line_bytes=2), "caches.0: 1 is no multiple of 1 ways of 2 bytes"),
        (value("buffer.entries", "9") + parts(("unified", "4", "")), "buffer.entries: 9, but the parts have 4"),
    ],
)
def test_contradictions(text: str, said: str) -> None:
    assert refused(HEAD + text) == said


def test_the_first_of_several_contradictions_is_told() -> None:
    trap = value("trap", "9") + value("trap_in", "3") + value("trap_out", "3")
    buffer, first = parts(("unified", "6", "4")), cache("unified", bytes=3, ways=2, line_bytes=1)
    assert refused(HEAD + trap + buffer + first) == "trap: 9, but in and out are 6"
    assert refused(HEAD + buffer + first).startswith("buffer.parts.0: 6 is no multiple")

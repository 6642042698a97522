"""Mistakes in a file that describes a subsystem: of each the command says in one line where it is, with status 2."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from tests import EXAMPLES

SHOP = (EXAMPLES / "shop.py").read_text("utf-8")
ONCE = "    @guarantee\n    def once(self):"
PRINTED = "ForAll([w, i], Implies(self.sold(w, i), self.ticket(w)))"
SOLD = "then(sold=(c.word, self.ident(c.other)))"


def edited(old: str, new: str, text: str = SHOP) -> str:
    """The example with one place changed, and all imported in as many lines."""
    assert old in text, old
    return text.replace(old, new, 1).replace("    Call,\n", "    Call, Exists, Id, Word, ensures, invariant,\n", 1)


def with_method(code: str) -> str:
    """The example with one more method, before the first guarantee."""
    return edited(ONCE, f"{code}\n\n{ONCE}")


MISTAKES: dict[str, tuple[str, str]] = {
    # the file
    "no Python": ("shop: tickets\n  - once\n", "shop.py:2: unexpected indent"),
    "bytes": ("\x00\x01", "shop.py: source code string cannot contain null bytes"),
    "syntax": (edited("return space == self.shop", "return space = self.shop"), "shop.py:32: invalid syntax"),
    "a keyword as a name": (edited("def print_ticket", "def import"), "shop.py:43: invalid syntax"),
    "empty": ("", "shop.py: it describes no Shop; write class Shop(Subsystem)"),
    "no such class": (
        edited("class Shop(", "class Store(").replace("(Shop)", "(Store)"),
        "no Shop, but Store, Oversold",
    ),
    "no subsystem": (
        edited("Shop(Subsystem)", "Shop(object)").partition("class Oversold")[0],
        "shop.py:23: it describes no Shop; write class Shop(Subsystem)",
    ),
    "a class twice": (f"{SHOP}\n\nclass Shop(Subsystem):\n    pass\n", "Shop is described in line 23 already"),
    "an import that is not there": (SHOP.replace("    Call,", "    Cal,"), "shop.py:3: reading it: ImportError"),
    # its class
    "an empty class": (
        "from musigma.servers import Subsystem\n\n\nclass Shop(Subsystem):\n    pass\n",
        "shop.py:4: Shop guarantees nothing; write @guarantee above what does",
    ),
    "members misspelt": (edited("def members", "def member"), "Shop has no members; write members(self, space)"),
    "a circle of reliance": (
        f"{SHOP}\n\nclass Mall(Shop):\n    relies = (Shop,)\n\n\nShop.relies = (Mall,)\n",
        "Shop relies on Mall relies on Shop: what rests on itself is proved by nothing",
    ),
    "a machine of unknown sorts": (
        SHOP.replace("Call,", "Call, machine_with,").replace(
            "    shop =", "    machine = machine_with(Threads=3)\n    shop ="
        ),
        "machine: there is no sort 'Threads'; one of Frame, Id,",
    ),
    # its symbols
    "a sort is missing": (
        edited("constant(Space)", "constant()"),
        "shop.py:26: reading it: TypeError: constant() missing",
    ),
    "a sort for a variable": (
        edited("ghost(w, i", "ghost(w, Id"),
        "shop.py:29: reading it: TypeError: Id is no variable",
    ),
    "a sort that is not there": (edited("constant(Thread)", "constant(Thred)"), "shop.py:27: reading it: NameError"),
    "a name twice": (
        edited("    clerk =", "    shop ="),
        "shop.py:27: shop is defined above already, and would be replaced",
    ),
    "a ghost misspelt": (
        edited("self.ticket(c.word), uns", "self.tickt(c.word), uns"),
        "shop.py:51: subsystem Shop: Attribut",
    ),
    "a ghost misspelt where it is noted": (
        edited("then(ticket=", "then(tickets="),
        "shop.py:42: print_ticket: no ghost 'ti",
    ),
    # its rules
    "an unknown action": (
        edited('rule("think")', 'rule("thnk")'),
        "shop.py:42: print_ticket: no action 'thnk'; one of",
    ),
    "a rule without an action": (
        edited('@rule("wait")', "@rule"),
        "shop.py:37: reading it: DescriptionError: @rule is given",
    ),
    "a rule twice": (
        with_method('    @rule("send")\n    def listen(self, c):\n        return when()'),
        "shop.py:54: listen is defined above already, and would be replaced; rename one",
    ),
    "a rule without its call": (
        edited("listen(self, c: Call)", "listen(self)"),
        "shop.py:37: listen has other parameters",
    ),
    "a rule that is never followed": (
        edited("when(a_ticket=self", "when(ended=Not(self.runs(c.actor)), a_ticket=self"),
        "shop.py:47: sell can never be followed: no state has all that it asks for",
    ),
    "a tuple of another length": (
        edited(SOLD, "then(sold=(c.word,))"),
        "sold is a relation on Word × Id; give it a tuple",
    ),
    "a predicate of fewer": (
        edited(SOLD, "then(sold=lambda w: self.ticket(w))"),
        "shop.py:47: sell: sold is a relation on",
    ),
    "what is struck by a tuple": (
        edited(SOLD, "forgets(sold=(c.word,))"),
        "shop.py:47: sell: sold is a relation on Word × ",
    ),
    "a condition left out that is none": (
        SHOP.replace('without("unsold")', 'without("unsld")').replace("Shop", "Base").replace("Oversold", "Shop"),
        "shop.py:70: subsystem Shop: DescriptionError: there is no condition 'unsld'",
    ),
    # what it says
    "a truth value": (
        edited(PRINTED, "True"),
        "shop.py:58: printed is a bool, no formula; combine formulas by And, Or, Not",
    ),
    "no return": (edited(f"return {PRINTED}", PRINTED), "shop.py:58: printed is a NoneType, no formula"),
    "too few arguments": (
        edited("Implies(self.sold(w, i)", "Implies(self.sold(w)"),
        "shop.py:61: subsystem Shop: sold takes (Word, Id), and is given (Word)",
    ),
    "Python's not": (
        edited("Not(self.sold(c.word, i))", "not self.sold(c.word, i)"),
        "shop.py:50: subsystem Shop: Z3Exception",
    ),
    "a free variable": (
        edited(PRINTED, "self.ticket(w)"),
        "shop.py:58: printed speaks of w, which is neither the state's nor",
    ),
    "a parameter too many": (
        edited("def printed(self)", "def printed(self, c)"),
        "shop.py:58: printed has other parameters",
    ),
    "a step without its states": (
        with_method(
            '    @ensures("sell")\n    def it(self, c):\n        """It."""\n        return self.ticket(c.word)'
        ),
        "shop.py:53: it has other parameters than it is called with; write def it(self, after, c)",
    ),
    "two marks": (edited(ONCE, f"    @invariant\n{ONCE}"), "@invariant and @guarantee stand above one method"),
    "a hidden guarantee": (
        edited(ONCE, f"    @property\n{ONCE}"),
        "shop.py:53: once is no plain method; leave out @property",
    ),
    "a guarantee twice": (
        with_method(
            '    @guarantee\n    def printed(self):\n        """It."""\n        return ForAll([w], self.ticket(w))'
        ),
        "shop.py:64: printed is defined above already",
    ),
    "no docstring": (edited('        """What is sold was printed."""\n', ""), "shop.py:58: printed has no docstring"),
    "nothing at all": (
        edited(PRINTED, "ForAll([w], self.ticket(w) == self.ticket(w))"),
        "printed holds of every state whatever",
    ),
    "outside of the fragment": (
        with_method(
            '    @invariant\n    def it(self):\n        """It."""\n        return And('
            "ForAll([w], Exists([i], Not(self.sold(w, i)))), ForAll([i], Exists([w], Not(self.sold(w, i)))))"
        ),
        "shop.py:53: it leaves the decidable fragment (for every Id some Word; for every Word some Id)",
    ),
    "no beginning": (
        edited("return {", 'return {"no": Not(self.existed(self.clerk)), '),
        "shop.py:34: start can never be",
    ),
    "a ghost of no rule": (
        edited("    sold = ghost(", "    lost = ghost(w)\n    sold = ghost("),
        "shop.py:23: nothing is ever noted in lost",
    ),
    "assumptions that contradict": (
        with_method('    def assume(self):\n        return {"no": self.shop != self.shop}'),
        "shop.py:53: assume contradicts itself",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_with_its_place(name: str, tmp_path: Path) -> None:
    text, said = MISTAKES[name]
    assert text != SHOP
    status, lines = run(tmp_path, text, "prove")
    assert (status, len(lines)) == (2, 1), lines
    assert lines[0].startswith("musigma: shop.py:")
    assert said in lines[0]


@pytest.mark.long
@pytest.mark.parametrize("command", ["attack", "explore"])
@pytest.mark.parametrize("name", ["a guarantee twice", "no beginning", "outside of the fragment", "a ghost of no rule"])
def test_it_is_one_whatever_is_asked(name: str, command: str, tmp_path: Path) -> None:
    text, said = MISTAKES[name]
    status, lines = run(tmp_path, text, command)
    assert (status, len(lines)) == (2, 1), lines
    assert said in lines[0]


@pytest.mark.long
def test_what_is_not_wrong_is_no_mistake(tmp_path: Path) -> None:
    """With all that the mistakes import, the example is as right as before."""
    status, lines = run(tmp_path, edited("class Shop(", "class Shop("), "attack", "once", "--steps", "1")
    assert (status, lines) == (0, [])


def run(folder: Path, text: str, command: str, *arguments: str) -> tuple[int, list[str]]:
    """The status of the command and what it says of an error."""
    file = folder / "shop.py"
    file.write_text(text, "utf-8")
    result = CliRunner().invoke(app, [command, f"{file}:Shop", *arguments])
    return result.exit_code, result.stderr.splitlines()

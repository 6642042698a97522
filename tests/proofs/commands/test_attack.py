"""``musigma attack``: what it says, its statuses, its report, and wrong calls."""

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from musigma.cli import app
from proofs.report.writers.json_report import schema
from tests import EXAMPLES

SMALL = ["--machine", "Thread=3,Id=3,Space=3,Slot=3,Word=2"]


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["attack", *arguments])
    return result.exit_code, result.output


@pytest.mark.long
def test_an_attack_is_told_and_reported(tmp_path: Path) -> None:
    report = tmp_path / "attack.json"
    status, said = call("SharedPorts", "own_ports", *SMALL, "--json", str(report))
    assert status == 1
    assert "own_ports is violated in 2 steps" in said
    value = json.loads(report.read_text("utf-8"))
    jsonschema.validate(value, schema("attack"))
    assert value["attacks"][0]["violated"] is True
    assert len(value["attacks"][0]["run"]) == 2


@pytest.mark.long
def test_an_attack_is_drawn(tmp_path: Path) -> None:
    picture, walk = tmp_path / "attack.svg", tmp_path / "attack.html"
    status, said = call("SharedPorts", "own_ports", *SMALL, "--svg", str(picture), "--html", str(walk))
    assert (status, "rights " in said) == (1, True)
    for file in (picture, walk):
        assert "Violated: The device" in file.read_text("utf-8")


@pytest.mark.long
def test_without_a_run_nothing_is_drawn(tmp_path: Path) -> None:
    status, said = call("DeviceDriver", "own_ports", *SMALL, "--steps", "1", "--svg", str(tmp_path / "attack.svg"))
    assert (status, "there is no run to be drawn" in said) == (0, True)
    assert not (tmp_path / "attack.svg").exists()


@pytest.mark.long
def test_none_is_found_of_a_right_system() -> None:
    status, said = call("DeviceDriver", "own_ports", *SMALL, "--steps", "2")
    assert status == 0
    assert "no run of up to 2 steps violates own_ports" in said


@pytest.mark.long
def test_a_search_cut_short_is_no_pass() -> None:
    status, said = call("KeyServer", "once", "--seconds", "0.1", "--steps", "30")
    assert status == 3
    assert "(out of time)" in said


@pytest.mark.long
def test_a_subsystem_of_a_file() -> None:
    status, said = call(f"{EXAMPLES / 'shop.py'}:Oversold", "once")
    assert status == 1
    assert "once is violated in 4 steps" in said


def test_moves_can_be_chosen() -> None:
    status, said = call("SharedPorts", "own_ports", *SMALL, "--moves", "listen,talk", "--steps", "2")
    assert status == 0
    assert "by listen, talk alone" in said


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what to attack"),
        (["Keyserver"], "no subsystem is called 'Keyserver'; did you mean KeyServer"),
        (["KeyServer", "twice"], "KeyServer guarantees no 'twice'"),
        (["KeyServer", "once", "--moves", "lissten"], "KeyServer has no move 'lissten'; did you mean listen"),
        (["KeyServer", "once", "--machine", "Thread=99"], "write a sort and a number from 1 to 12"),
        (["KeyServer", "once", "--machine", "Tread=3"], "there is no sort 'Tread'; did you mean Thread"),
        (["KeyServer", "once", "--machine", "Thread=3,,"], "--machine '': write a sort and a number from 1 to 12"),
        (["KeyServer", "once", "--machine", "Thread=3,Thread=2"], "--machine says twice how many Thread there are"),
        (["KeyServer", "--every-size", "--machine", "Thread=3"], "leave --machine out"),
        (["KeyServer", "--steps", "0"], "is no whole number from 1 to 40"),
        (["MemoryManager", "--runs", "1", "--machine", "Space=1"], "no first state fits on a machine"),
        (["KeyServer", "once", "--runs", "1"], "leave GUARANTEE out"),
        (["KeyServer", "--runs", "1", "--json", "x.json"], "leave --json out"),
        (["KeyServer", "--runs", "1", "--svg", "x.svg"], "leave --svg out"),
        (["KeyServer", "--json", "x.json", "--html", "x.json"], "name the same file"),
        (["none.py:Shop"], "cannot read"),
        ([f"{EXAMPLES / 'shop.py'}:Shopp"], "shop.py: it describes no Shopp, but Shop, Oversold"),
    ],
)
def test_wrong_calls_are_told(arguments: list[str], said: str) -> None:
    status, output = call(*arguments)
    assert status == 2
    assert said in " ".join(output.split())
    assert "Traceback" not in output


def test_a_formula_outside_of_the_fragment_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(
        "from musigma.servers import *\n"
        "class Wrong(Subsystem):\n"
        "    home = constant(Space)\n"
        "    def members(self, space):\n"
        "        return space == self.home\n"
        "    @rule('wait')\n"
        "    def listen(self, c):\n"
        "        return when()\n"
        "    @guarantee\n"
        "    def chained(self):\n"
        "        '''Each thread has sent to another.'''\n"
        "        return ForAll([t], Exists([u, w], self.sent(t, u, w)))\n",
        "utf-8",
    )
    result = CliRunner().invoke(app, ["prove", f"{file}:Wrong"])
    assert result.exit_code == 2
    assert "leaves the decidable fragment (for every Thread some Thread" in " ".join(result.output.split())
    assert "wrong.py:10" in result.output or "wrong.py:9" in result.output


@pytest.mark.long
def test_a_rule_that_nobody_can_follow_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "never.py"
    text = (
        (EXAMPLES / "shop.py")
        .read_text("utf-8")
        .replace("when(no_window=self.closed(c))", "when(no=c.actor != c.actor)")
    )
    file.write_text(text, "utf-8")
    result = CliRunner().invoke(app, ["prove", f"{file}:Shop"])
    assert result.exit_code == 2
    assert "listen can never be followed: no state has all that it asks for" in " ".join(result.output.split())
    assert "never.py:" in result.output


@pytest.mark.long
def test_random_runs_say_what_was_followed() -> None:
    status, said = call("DeviceDriver", "--runs", "2")
    assert status in (0, 3)
    assert "rules followed:" in said
    assert (status == 3) == ("never" in said)


NOWHERE = """
from musigma.servers import *
class Nowhere(Subsystem):
    shop = constant(Space)
    def members(self, space): return space == self.shop
    def start(self): return {"waits": And(self.only_root_has_pages(), Exists([t, i], self.awaits(t, i)))}
    @rule("wait")
    def listen(self, c): return when(no_window=self.closed(c))
    @guarantee
    def pageless(self):
        "Only σ0 has pages."
        return ForAll([x], Implies(self.live(x), owner(x) == sigma0))
class Quits(Nowhere):
    def start(self): raise SystemExit(0)
"""


@pytest.mark.long
@pytest.mark.parametrize("size", [SMALL, ["--every-size"]])
def test_no_attack_on_what_cannot_begin_is_no_pass(tmp_path: Path, size: list[str]) -> None:
    (tmp_path / "nowhere.py").write_text(NOWHERE, "utf-8")
    status, said = call(f"{tmp_path}/nowhere.py:Nowhere", "pageless", "--steps", "1", *size)
    assert (status, "there is no first state, so that" in " ".join(said.split())) == (3, True)


def test_a_description_that_exits_is_a_mistake_in_it(tmp_path: Path) -> None:
    (tmp_path / "nowhere.py").write_text(NOWHERE, "utf-8")
    status, said = call(f"{tmp_path}/nowhere.py:Quits", "pageless")
    assert (status, said.startswith("musigma: nowhere.py:14: subsystem Quits: SystemExit: 0")) == (2, True), said


@pytest.mark.long
def test_runs_on_the_machine_say_what_was_followed_or_violated() -> None:
    status, said = call("Inventing", "--runs", "3", "--on-machine")
    assert status == 1
    assert "nothing_invented is violated after" in said
    status, said = call("ColouredPager", "--runs", "1", "--on-machine", "--seed", "0")
    assert status in (0, 3)
    assert (status == 3) == ("never" in said)


def test_a_machine_needs_runs() -> None:
    status, said = call("KeyServer", "--on-machine")
    assert status == 2
    assert "--on-machine says where random runs are taken: add --runs 5" in said

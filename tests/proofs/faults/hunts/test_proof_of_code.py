"""Faults in the code under proof: what falls by them, what does not, and what cannot be executed."""

from collections.abc import Callable
from concurrent.futures import Future
from types import FunctionType, SimpleNamespace
from typing import Any

import pytest
import z3

from model.spaces.dialect import CANONICAL
from proofs.engines.pool import Workers
from proofs.execution.contract import CALLS
from proofs.execution.path import Path
from proofs.faults.hunts import matrix
from proofs.faults.hunts import proof_of_code as code
from proofs.faults.hunts.proof import SETTINGS, Grounds
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, CodeFault
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.obligation import Condition, Obligation
from proofs.obligations.code import CodeObligation
from proofs.obligations.kernel import coherence, kernel_terms
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.source import CODE, Code, copied
from proofs.registry import registry
from proofs.verdict import Verdict
from refinement.kernel import primitives
from refinement.kernel.kernel import Kernel
from refinement.rewriting import replaced

P = z3.Bool("p")


def put(monkeypatch: pytest.MonkeyPatch, changed: Code, *subjects: str) -> str:
    """Enter a fault for the time of a test; its name."""
    monkeypatch.setitem(CODE_FAULTS, "put", CodeFault("put", "It is put in.", "kernel", subjects, lambda: changed))
    return "put"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "fell"),
    [
        ("move-node-frame-erased", "move_node__preserves__same_frame"),
        ("table-shared", "page_tables_reserve__keeps__tables_apart"),
        ("hit-denies", "hardware__access__iff__sigma"),
        ("is-below-direct", "is_below__at_exit"),
        ("kernel-flush-passes-by", "kernel_flush_below__at_exit"),
        ("own-entry-first", "kernel_flush__calls__where_allowed"),
        ("link-leaf-branch-idle", "link_leaf__is__executed_whole"),
        ("empty-all-live", "empty__has__no_mapping"),
    ],
)
def test_a_fault_fells_what_it_should(change: str, fell: str) -> None:
    found = code.find(change)
    assert (found.engine, found.ending) == (Engine.CODE, HuntEnding.KILLED)
    assert fell in found.fell
    assert found.said.startswith(found.fell[0])


@pytest.mark.long
def test_code_without_a_fault_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    assert code.find(put(monkeypatch, CODE, "unlink_leaf__")).ending == HuntEnding.SURVIVED


def test_code_that_terms_cannot_execute_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def counts(t: Any, node: Any) -> Any:
        return t.parent[node + 1]

    found = code.find(put(monkeypatch, Code({"unlink_leaf": counts}), "unlink_leaf__"))
    assert (found.ending, found.fell) == (HuntEnding.ERROR, ())
    assert "unsupported operand" in found.said


@pytest.mark.long
def test_an_obligation_that_is_not_proved_anyway_does_not_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "unproved", lambda name: f"{name}: not proved without the fault: unknown")
    found = code.find("table-shared")
    assert found.ending == HuntEnding.ERROR
    assert "not proved without the fault" in found.said
    judged = code.find_for("page_tables_reserve__keeps__tables_apart")
    assert judged is not None
    assert (judged.ending, judged.fell) == (HuntEnding.ERROR, ())


@pytest.mark.long
def test_what_is_known_to_be_proved_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def unproved(name: str) -> str:
        asked.append(name)
        return ""

    monkeypatch.setattr(code, "unproved", unproved)
    first, second = code.hints()["own-entry-first"][0], code.hints()["table-shared"][0]
    assert code.find("own-entry-first", few=True, proved=frozenset({first})).fell == (first,)
    assert asked == []
    assert code.find("table-shared", few=True, proved=frozenset({first})).fell == (second,)
    assert asked == [second]


def test_hypotheses_that_contradict_each_other_fell_nothing_and_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "move_node__preserves__room"
    nothing = Condition({"it is": P, "it is not": z3.Not(P)}, {}, z3.BoolVal(False))
    monkeypatch.setattr(CodeObligation, "conditions", lambda *_: [nothing])
    assert code._verdict(name, CODE)[0] == Verdict.VACUOUS
    broken = code.CODE_FAULTS["move-node-slot-unwritten"].code
    assert not code._falls(name, code._verdict(name, broken)[0])
    assert code._verdict(f"link_leaf__{EXECUTED_WHOLE}", broken)[0] == Verdict.VACUOUS


def test_what_is_expected_to_fall_is_what_fell_before_and_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    name, other = "move_node__preserves__room", "link_leaf__preserves__alone"
    monkeypatch.setattr(code, "hints", lambda: {"one": [name, other], "two": [other, "gone__is__gone"]})
    assert code.expected(["one", "two", "three"], few=False) == [name, other]
    assert code.expected(["two", "one"], few=True) == [other, name]


def test_what_will_fall_is_proved_once_before_the_hunts_a_function_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "expected", lambda changes, few: ["a__1", "b__1", "a__2", f"a__{few}"])
    monkeypatch.setattr(code, "unproved", lambda name: "undecided" if name == "a__2" else "")
    asked = []

    class Noting(Inline):
        def schedule(self, work: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> "Future[Any]":
            asked.append(args)
            return super().schedule(work, args, timeout)

    workers = Workers(Noting(), SETTINGS)  # type: ignore[arg-type]
    assert matrix._proved_of_code(workers, [], True, frozenset()) == {"a__1", "a__True", "b__1"}
    assert asked == [(("a__1", "a__2", "a__True"),), (("b__1",),)]
    asked.clear()
    assert matrix._proved_of_code(workers, [], True, frozenset({"a__1", "b__1"})) == {"a__True"}
    assert asked == [(("a__2", "a__True"),)]


def test_a_job_that_fails_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unproved(name: str) -> str:
        if name == "a__1":
            raise TimeoutError
        return ""

    monkeypatch.setattr(code, "expected", lambda changes, few: ["a__1", "a__2", "b__1"])
    monkeypatch.setattr(code, "unproved", unproved)

    class Failing(Inline):
        def schedule(self, work: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> "Future[Any]":
            future: Future[Any] = Future()
            try:
                future.set_result(work(*args))
            except TimeoutError as error:
                future.set_exception(error)
            return future

    failing = Workers(Failing(), SETTINGS)  # type: ignore[arg-type]
    assert matrix._proved_of_code(failing, [], True, frozenset()) == {"b__1"}


def test_what_was_not_decided_is_no_fault_s_absence_and_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "_unbroken", {})
    name, answers = "move_node__preserves__room", [Verdict.UNKNOWN, Verdict.PROVED]
    monkeypatch.setattr(code, "_verdict", lambda asked, changed, before=None: (answers.pop(0), "time is over"))
    assert code.unproved(name) == f"{name}: not proved without the fault: unknown time is over"
    assert code.unproved(name) == code.unproved(name) == ""
    monkeypatch.setattr(code, "_verdict", lambda asked, changed, before=None: (Verdict.UNKNOWN, "time is over"))
    found = code.find_for(name)
    assert found is not None
    assert found.ending == HuntEnding.ERROR
    monkeypatch.setattr(code, "_verdict", lambda asked, changed, before=None: (Verdict.PROVED, ""))
    assert code.find_for(name) is None


def test_what_is_on_no_way_falls_where_all_is_to_be_on_some(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {True: Verdict.PROVED, False: Verdict.VACUOUS}
    monkeypatch.setattr(code, "_verdict", lambda name, changed, before=None: (said[changed is CODE], ""))
    monkeypatch.setattr(code, "_unbroken", {})
    found = code.find("link-leaf-branch-idle", whole=True)
    assert found.fell == ("link_leaf__is__executed_whole",)
    assert not code._falls("link_leaf__preserves__alone", Verdict.VACUOUS)
    assert not code._falls("link_leaf__is__executed_whole", Verdict.UNKNOWN)


def test_a_statement_that_no_state_comes_to_makes_a_unit_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    first = "first = t.first_child[parent]"
    function = replaced(primitives.link_leaf, first, f"if t.parent[parent] == parent:\n        return\n    {first}")
    name = put(monkeypatch, Code({"link_leaf": function}), "link_leaf__is__executed_whole")
    assert code._verdict("link_leaf__is__executed_whole", CODE_FAULTS[name].code)[0] == Verdict.VACUOUS
    assert code.find(name).fell == ("link_leaf__is__executed_whole",)


def test_few_is_the_first_that_falls() -> None:
    assert len(code.find("move-node-slot-unwritten", few=True).fell) == 1


def test_an_obligation_finds_a_fault_by_which_it_falls() -> None:
    found = code.find_for("move_node__preserves__room")
    assert found is not None
    assert found.fell == ("move_node__preserves__room",)


def test_a_function_that_there_is_not_is_refused() -> None:
    with pytest.raises(NameError, match="no function on the tree is called relink_leaf"):
        Code({"relink_leaf": primitives.link_leaf}).function("link_leaf")


def test_what_is_not_changed_is_the_very_same() -> None:
    changed = CODE_FAULTS["link-leaf-below-itself"].code
    assert CODE.function("create_leaf") is primitives.create_leaf
    assert changed.function("unlink_leaf") is primitives.unlink_leaf
    assert changed.function("create_leaf") is primitives.create_leaf
    assert changed.function("link_leaf") is not primitives.link_leaf


class Derived(Kernel):
    def lookup(self, slot: int) -> Any:
        return "derived", super().lookup(slot)

    def flush_below(self, top: int) -> None:
        super().flush_below(top)


class Loops(Kernel):
    def flush_below(self, top: int) -> None:
        while True:
            pass


def copy_of(kernel: type, instead: dict[str, Callable[..., Any]]) -> Any:
    names = {"operations": None, "primitives": None, "range": None}
    return copied(kernel, Path(), names, instead, {}, kernel_terms.MADE)


def test_super_in_a_copy_leads_to_the_copy() -> None:
    def promised(self: object, top: int) -> str:
        assert top == 0
        return "promised"

    promise = FunctionType(promised.__code__, vars(coherence), "promise")  # as a module of proofs has it
    copy = copy_of(Derived, {"flush_below": promise})
    made = object.__new__(copy)
    made.tree = SimpleNamespace(node_of=[-1])
    assert made.lookup(0) == ("derived", None)
    assert not issubclass(copy, Kernel)
    assert made.flush_below(0) is None
    assert copy_of(Kernel, {"flush_below": promise}).flush_below is promise
    assert copy_of(Loops, {"flush_below": promise}).flush_below is promise


class WritesItself(Kernel):
    def remove_leaf(self, node: int) -> None:
        super().remove_leaf(node)
        self.tree.next_sibling[node] = -1


@pytest.mark.long
def test_a_tree_that_is_written_without_a_primitive_breaks_what_is_demanded_of_calls() -> None:
    def demands(kernel: type[Kernel]) -> list[bool]:
        walked = coherence.walked(coherence.ExecutedMethod("map", CANONICAL, Code(kernel=kernel)))
        demanded = (demand for path in walked for demand in path.demands if demand.what == CALLS)
        return [z3.is_false(demand.formula()) for demand in demanded]

    assert not any(demands(Kernel))
    assert any(demands(WritesItself))


class Inline:
    """A pool that does its work at once, in this process."""

    def schedule(self, work: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(work(*args))
        return future


def test_each_obligation_about_code_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def find_for(obligation: str) -> HuntResult | None:
        asked.append(obligation)
        return None

    monkeypatch.setattr(code, "find_for", find_for)
    *others, last = code.judged()
    sometimes = tuple(o.id for o in registry().values() if isinstance(o, Obligation) and o.sometimes)
    found = {
        (Engine.EXPLORATION, "map-refused"): HuntResult(
            Engine.EXPLORATION, "map-refused", HuntEnding.KILLED, sometimes
        ),
        (Engine.CODE, "hit-denies"): HuntResult(Engine.CODE, "hit-denies", HuntEnding.KILLED, (last,)),
        (Engine.CODE, "table-shared"): HuntResult(Engine.CODE, "table-shared", HuntEnding.KILLED, tuple(others)),
    }
    grounds = Grounds({}, (), {}, {})
    workers = Workers(Inline(), SETTINGS)  # type: ignore[arg-type]
    felled, unfelled, unsettled = matrix._judge(workers, grounds, found, code.judged())
    assert (unfelled, asked, unsettled) == ([], [], {})
    assert set(felled) == {*sometimes, *code.judged()}
    del found[Engine.CODE, "hit-denies"]
    felled, unfelled, unsettled = matrix._judge(workers, grounds, found, code.judged())
    assert unfelled == asked == [last]
    assert last not in felled
    assert unsettled == {}

"""The literal state and operation that a structure stands for, to the letter; and what a replay of it says."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from model.scope import ALL_RIGHTS, Scope
from model.signature import Symbol, relation
from model.spaces.dialect import CANONICAL
from model.spaces.literal import NIL, frame
from model.spaces.operation import Argument, Operation
from model.spaces.operation import members as members_of
from model.spaces.theory import Frame, Right, Slot, Space, before, called, r, x, y
from model.spaces.vocabulary import Action, Relation, State
from model.theory import APPENDIX_A, extended
from proofs.engines.search.induction import (
    _OF_THREADS,
    _only,
    _speaks_of_spaces,
    evaluates_to,
    is_literal,
    least_counterexample,
    literal_step,
    replay,
)
from proofs.engines.terms.smtlib import symbols
from proofs.obligation import Condition, Obligation


def structure(sizes: dict[str, int], **tables: Any) -> Structure:
    made = {name: np.array([table], np.int64 if isinstance(table, int) else None) for name, table in tables.items()}
    return Structure(1, sizes, made)


def booleans(*rows: str) -> list[list[bool]]:
    return [[each == "1" for each in row] for row in rows]


def test_of_a_structure_that_says_nothing_the_state_is_empty() -> None:
    scope, state, operation = literal_step(structure({}), "flush")
    assert scope == Scope(1, 1, 1)
    assert [column.tolist() for column in state] == [[NIL], [NIL], [ALL_RIGHTS]]
    assert operation == Operation("flush", 0, -1, ALL_RIGHTS)
    scope, state, operation = literal_step(structure({"Slot": 3, "Frame": 2}), "")
    assert scope == Scope(3, 2, 2)
    assert state.sigma.tolist() == state.phys.tolist() == [NIL] * 6
    assert state.rights.tolist() == [ALL_RIGHTS, 0, ALL_RIGHTS, 0, ALL_RIGHTS, 0]
    assert operation is None


def test_slots_stand_in_the_order_of_their_distance_from_frames() -> None:
    # 4 holds frame 1; 2 holds frame 0; 0 derives from 3 and 2, 3 from 2; 1 derives from 4.
    made = structure(
        {"Slot": 5, "Frame": 2, "Right": 3},
        derives=booleans("00110", "00001", "00000", "00100", "00000"),
        holds=booleans("00", "00", "10", "00", "01"),
        phys=booleans("10", "00", "10", "01", "01"),
        right=booleans("111", "100", "010", "001", "000"),
        mask=booleans("101")[0],
        src=3,
        dst=1,
    )
    scope, state, operation = literal_step(made, "map")
    assert scope == Scope(5, 2, 2)
    place = {2: 0, 4: 2, 1: 4, 3: 6, 0: 8}
    sigma = {2: frame(0), 4: frame(1), 1: place[4], 3: place[2], 0: place[3]}
    shown = {2: 0, 4: 1, 1: NIL, 3: 1, 0: 0}
    rights = {0: 7, 1: 4, 2: 2, 3: 1, 4: 0}
    for slot, at in place.items():
        assert (state.sigma[at], state.phys[at], state.rights[at]) == (sigma[slot], shown[slot], rights[slot])
    others = [at for at in range(scope.slots) if at not in place.values()]
    assert {(state.sigma[at], state.phys[at], state.rights[at]) for at in others} == {(NIL, NIL, 0)}
    assert operation == Operation("map", place[3], place[1], 5)
    assert literal_step(made, "grant")[2] == Operation("grant", place[3], place[1], 5)
    assert literal_step(made, "flush")[2] == Operation("flush", place[3], -1, 5)


def test_a_slot_refers_to_the_nearest_of_those_that_it_derives_from() -> None:
    made = structure(  # 0 derives from 1 and 2, 1 from 2, which holds the frame
        {"Slot": 3, "Frame": 1}, derives=booleans("011", "001", "000"), holds=booleans("0", "0", "1")
    )
    _, state, _ = literal_step(made, "")
    assert state.sigma.tolist() == [frame(0), 0, 1]


@pytest.mark.parametrize(
    ("members", "mask"),
    [("0", 0), ("1", 7), ("10", 4), ("01", 3), ("00", 0), ("101", 5), ("010", 2), ("011", 3), ("1110", 7)],
)
def test_rights_that_a_structure_has_too_few_of_are_like_its_last(members: str, mask: int) -> None:
    row = booleans(members)[0]
    made = structure({"Slot": 2, "Right": len(members)}, right=[row, [not each for each in row]], mask=row)
    _, state, operation = literal_step(made, "flush")
    assert state.rights.tolist() == [mask, 7 - mask]
    assert operation is not None
    assert operation == Operation("flush", 0, -1, mask)
    own = literal_step(made, "own", {"mask": Symbol((z3.Const("a", Right),), z3.BoolSort())})[2]
    assert own == Operation.call("own", [Argument("mask", "Right", members_of(mask))])


def test_slots_of_one_owner_are_pages_of_its_space() -> None:
    made = structure({"Slot": 5, "Frame": 1, "Space": 3}, owner=[2, 0, 2, 0, 2], src=4, dst=3)
    scope, _, operation = literal_step(made, "map")
    assert scope == Scope(2, 3, 1)  # a space as large as the largest
    assert operation == Operation("map", 2, 4, ALL_RIGHTS)
    scope, _, operation = literal_step(structure({"Slot": 2, "Frame": 3}, owner=[1, 0], src=1), "flush")
    assert (scope, operation) == (Scope(2, 3, 3), Operation("flush", 3, -1, ALL_RIGHTS))


def test_the_first_space_is_that_of_all_memory_even_without_a_slot() -> None:
    made = structure({"Slot": 2, "Frame": 1, "Space": 3}, owner=[0, 1], sigma0=2, src=0)
    scope, _, operation = literal_step(made, "flush")
    assert (scope, operation) == (Scope(3, 1, 1), Operation("flush", 1, -1, ALL_RIGHTS))
    assert literal_step(structure({"Slot": 3, "Frame": 1}, owner=[0, 1, 1]), "")[0] == Scope(2, 2, 1)
    made = structure({"Slot": 2, "Frame": 1, "Space": 2}, owner=[0, 1], sigma0=1, src=0)
    scope, _, operation = literal_step(made, "flush")
    assert (scope, operation) == (Scope(2, 1, 1), Operation("flush", 1, -1, ALL_RIGHTS))


THREAD, BOOL = z3.DeclareSort("Thread"), z3.BoolSort()
t = z3.Const("t", THREAD)
s = z3.Const("s", Space)
a = z3.Const("a", Right)
OWN = {
    "who": Symbol((), THREAD),
    "slot": Symbol((), Slot),
    "space": Symbol((), Space),
    "frame": Symbol((), Frame),
    "yes": Symbol((), BOOL),
    "threads": Symbol((t,), BOOL),
    "slots": Symbol((x,), BOOL),
    "spaces": Symbol((s,), BOOL),
    "rights": Symbol((a,), BOOL),
    "one_right": Symbol((), Right),
    "pairs": Symbol((x, t), BOOL),
    "maps": Symbol((x,), Slot),
    "unsaid": Symbol((), THREAD),
}


def test_an_action_of_the_user_s_own_is_called_with_what_the_structure_says() -> None:
    made = structure(
        {"Slot": 2, "Frame": 2, "Space": 3, "Thread": 4, "Right": 3},
        owner=[2, 1],
        sigma0=1,
        who=3,
        slot=0,
        space=2,
        frame=1,
        yes=1,
        threads=booleans("0110")[0],
        slots=booleans("11")[0],
        spaces=booleans("110")[0],  # space 0 has no slot, and no place
        rights=booleans("101")[0],
        pairs=booleans("0000", "1111"),
        maps=[1, 0],
    )
    scope, _, operation = literal_step(made, "own", OWN)
    assert scope == Scope(2, 2, 2)
    expected = [
        Argument("who", "Thread", 3),
        Argument("slot", "Slot", 2),  # the first page of the second space
        Argument("space", "Space", 1),
        Argument("frame", "Frame", 1),
        Argument("yes", "Bool", 1),
        Argument("threads", "Thread", frozenset({1, 2})),
        Argument("slots", "Slot", frozenset({2, 0})),
        Argument("spaces", "Space", frozenset({0})),
        Argument("rights", "Right", frozenset({0, 2})),
    ]
    assert operation == Operation.call("own", expected)


def test_a_parameter_of_the_user_s_own_may_be_called_as_one_of_appendix_a() -> None:
    _, _, operation = literal_step(structure({"Frame": 9}, src=7), "own", {"src": Symbol((), Frame)})
    assert operation == Operation.call("own", [Argument("src", "Frame", 7)])


def test_what_follows_a_set_of_rights_is_said_as_well() -> None:
    made = structure({"Slot": 2, "Right": 3}, rights=booleans("011")[0], slot=1)
    _, _, operation = literal_step(made, "own", {name: OWN[name] for name in ("rights", "slot")})
    assert operation == Operation.call(
        "own", [Argument("rights", "Right", frozenset({1, 2})), Argument("slot", "Slot", 1)]
    )


def test_without_owners_no_space_has_a_place() -> None:
    made = structure({"Slot": 2, "Space": 2}, space=1, spaces=booleans("11")[0])
    _, _, operation = literal_step(made, "own", OWN)
    assert operation == Operation.call("own", [Argument("spaces", "Space", frozenset())])
    made = structure({"Right": 3}, one_right=2)
    _, _, operation = literal_step(made, "own", OWN)
    assert operation == Operation.call("own", [Argument("one_right", "Right", 2)])


# Least counterexamples.

P, Q = z3.Bools("p q")


def test_what_a_condition_says_of_a_structure_is_evaluated() -> None:
    condition = Condition({"one": P, "two": Q}, {}, z3.Bool("g"))
    for p in (0, 1):
        for q in (0, 1):
            for g in (0, 1):
                made = Structure(1, {}, {name: np.array([bool(v)]) for name, v in (("p", p), ("q", q), ("g", g))})
                assert evaluates_to(made, condition) is not bool(p and q and not g)


def test_the_first_condition_that_has_a_counterexample_gives_it() -> None:
    holds, fails = Condition({"p": P}, {}, P), Condition({"p": P}, {}, Q)
    other = Condition({"q": Q}, {}, P)
    assert least_counterexample([holds], 5) is None
    assert least_counterexample([], 5) is None
    for some, symbol in (([fails, other], "p"), ([holds, other, fails], "q"), ([holds, fails], "p")):
        found = least_counterexample(some, 5)
        assert found is not None
        made, literal = found
        assert not literal
        other_symbol = "q" if symbol == "p" else "p"
        assert {name: bool(table[0]) for name, table in made.symbols.items()} == {symbol: True, other_symbol: False}


def test_a_counterexample_stands_for_a_literal_state_if_one_can() -> None:
    linked = Condition({"some derive": z3.Exists([x, y], before.derives(x, y))}, {}, z3.BoolVal(False))
    found = least_counterexample([linked], 10)
    assert found is not None
    made, literal = found
    assert literal
    assert "dst" not in made.symbols
    assert {"derives", "holds", "live", "phys", "src"} <= made.symbols.keys()
    around = Condition({"round": z3.Exists([x], before.derives(x, x))}, {}, z3.BoolVal(False))
    found = least_counterexample([around], 10)
    assert found is not None
    assert not found[1]
    assert found[0].symbols.keys() == {"derives"}
    named = {"some derive": z3.Exists([x], z3.And(before.derives(x, called.dst), x != called.src))}
    found = least_counterexample([Condition(named, {}, z3.BoolVal(False))], 10)
    assert found is not None
    assert (found[1], "dst" in found[0].symbols) == (True, True)


def test_only_the_destination_is_left_out_where_no_formula_speaks_of_it() -> None:
    made = structure({"Slot": 2}, src=0, dst=1, live=booleans("10")[0])
    for formulas, kept in (([called.dst == called.dst], {"src", "dst", "live"}), ([before.live(x)], {"src", "live"})):
        found = _only(made, formulas)
        assert (found.batch, found.sizes, set(found.symbols)) == (1, {"Slot": 2}, kept)


def test_states_of_spaces_alone_are_sought_as_literal_ones() -> None:
    of_spaces, of_threads = z3.Exists([x, y], before.derives(x, y)), z3.Bool(min(_OF_THREADS))
    assert _speaks_of_spaces([of_spaces])
    assert not _speaks_of_spaces([of_threads])
    assert not _speaks_of_spaces([of_spaces, of_threads])
    assert not _speaks_of_spaces([of_threads, of_spaces])
    assert not _speaks_of_spaces([z3.Exists([x], before.live(x))])


def test_a_model_that_does_not_hold_is_no_counterexample(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Structure(1, {"Slot": 1}, {"derives": np.array([[[False]]])})
    monkeypatch.setattr("proofs.engines.search.induction.least_model", lambda *_: wrong)
    linked = Condition({"some derive": z3.Exists([x, y], before.derives(x, y))}, {}, z3.BoolVal(False))
    assert least_counterexample([linked], 10) is None
    monkeypatch.setattr("proofs.engines.search.induction.least_model", lambda *_: None)
    assert least_counterexample([linked], 10) is None


def test_a_search_is_given_the_time_and_no_more_rights_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, Any]] = []
    monkeypatch.setattr(
        "proofs.engines.search.induction.least_model",
        lambda formulas, *more: asked.append((len(formulas), more)),
    )
    linked = Condition({"some derive": z3.Exists([x, y], before.derives(x, y))}, {}, z3.BoolVal(False))
    least_counterexample([linked, Condition({}, {}, P)], 7.0)
    more = len(is_literal(before, called))
    assert asked == [(2 + more, (7.0, {"Right": 3})), (2, (7.0,)), (1, (7.0,))]


def satisfiable(*formulas: z3.BoolRef) -> bool:
    solver = z3.Solver()
    solver.add(*is_literal(before, called), *formulas)
    return bool(solver.check() == z3.sat)


@pytest.mark.long
def test_what_makes_a_state_literal() -> None:
    one, two, three = z3.Consts("one two three", Slot)
    f, g = z3.Consts("f g", Frame)
    differ = z3.Distinct(one, two, three)
    src, dst = called.src, called.dst
    derives, holds, phys, live = before.derives, before.holds, before.phys, before.live
    for impossible in (
        [derives(one, one)],
        [derives(one, two), derives(two, three), z3.Not(derives(one, three))],
        [derives(one, two), derives(one, three), differ, z3.Not(derives(two, three)), z3.Not(derives(three, two))],
        [holds(one, f), holds(one, g), f != g],
        [holds(one, f), derives(one, two)],
        [phys(one, f), phys(one, g), f != g],
        [holds(one, f), z3.Not(live(one))],
        [derives(one, two), z3.Not(live(one))],
        [live(one), z3.ForAll([r], z3.Not(holds(one, r))), z3.ForAll([y], z3.Not(derives(one, y)))],
        *([holds(slot, f), z3.Not(phys(slot, f))] for slot in (src, dst)),
        *([phys(slot, f), z3.Not(live(slot))] for slot in (src, dst)),
    ):
        assert not satisfiable(*impossible), impossible
    for possible in (
        [derives(one, two), derives(two, three), holds(three, f), differ],
        [holds(one, f), holds(two, f), one != two, live(one)],
        [derives(one, two), z3.Not(live(two))],
        [derives(one, two), live(one), z3.ForAll([r], z3.Not(holds(one, r)))],
        [holds(one, f), live(one), z3.ForAll([y], z3.Not(derives(one, y)))],
        [holds(one, f), z3.Not(phys(one, f)), one != src, one != dst],
        [holds(src, f), phys(src, f), holds(dst, g), f != g],
        [z3.Not(live(one))],
    ):
        assert satisfiable(*possible), possible
    assert {each.name() for each in symbols(is_literal(before, called))[1]} == {
        *("derives", "holds", "phys", "live", "src", "dst")
    }


# Replays.


@dataclass(frozen=True, slots=True)
class Larger(State):
    more: Annotated[Relation, relation(x, meaning="x is one of more")]


def claiming(action: str, goal: Any, **more: Any) -> Obligation[Any, Any]:
    return Obligation("a__b__c", "", "", action, goal, **{"invariants": (), **more})


LINKED = structure(  # 0 holds the frame, 1 derives from it, 2 is nil
    {"Slot": 3, "Frame": 1},
    derives=booleans("000", "100", "000"),
    holds=booleans("1", "0", "0"),
    phys=booleans("1", "1", "0"),
    live=booleans("110")[0],
    src=1,
    dst=2,
)


def never(step: Any) -> z3.BoolRef:
    return z3.BoolVal(False)


def test_a_replay_shows_the_state_the_operation_and_what_came_of_it() -> None:
    found = replay(LINKED, claiming("map", never), CANONICAL, frozenset())
    assert (found.structure, found.scope, found.fault) == (LINKED, Scope(3, 1, 1), "")
    assert found.operation == Operation("map", 2, 1, ALL_RIGHTS)
    assert found.state is not None
    assert found.later is not None
    assert found.state.sigma.tolist() == [frame(0), NIL, 0]
    assert found.later.sigma.tolist() == [frame(0), 2, 0]
    assert found.later.phys.tolist() == [0, 0, 0]


def test_a_state_alone_is_replayed_without_an_operation() -> None:
    def some_derive(step: Any) -> z3.BoolRef:
        return z3.Exists([x, y], step.after.derives(x, y))

    found = replay(LINKED, claiming("", lambda step: z3.Not(some_derive(step))), CANONICAL, frozenset())
    assert (found.fault, found.operation) == ("", None)
    assert found.state is not None
    assert found.later is not None
    assert all((one == other).all() and one is not other for one, other in zip(found.state, found.later, strict=True))
    found = replay(LINKED, claiming("", some_derive), CANONICAL, frozenset())
    assert found.fault == "on the literal model the step is as the obligation says"


def test_a_step_that_is_as_the_obligation_says_is_a_fault() -> None:
    for action, source, holds in (("map", 2, True), ("flush", 2, False)):

        def one_more(step: Any) -> z3.BoolRef:
            return z3.Exists([x], z3.And(step.after.live(x), z3.Not(step.before.live(x))))

        found = replay(LINKED, claiming(action, one_more), CANONICAL, frozenset())
        assert found.operation is not None
        assert found.operation.src == source
        assert found.fault == ("on the literal model the step is as the obligation says" if holds else "")


def test_what_the_model_refuses_is_a_fault() -> None:
    nil = structure(
        LINKED.sizes, **{n: t[0] for n, t in LINKED.symbols.items() if n not in ("src", "dst")}, src=2, dst=1
    )
    found = replay(nil, claiming("map", never), CANONICAL, frozenset())
    assert found.fault == "the literal model refuses the operation"


def test_all_that_was_assumed_and_is_not_so_is_named() -> None:
    shown = structure({**LINKED.sizes, "Frame": 2}, holds=booleans("11", "00", "00"), phys=booleans("00", "10", "00"))
    names = ("held_frame_shows", "irreflexive", "transitive", "phys_functional")
    states = claiming("", never, invariants=names)
    found = replay(shown, states, CANONICAL, frozenset(names))
    lacking = found.fault.removeprefix("the literal state lacks what was assumed: ").split(", ")
    assert lacking
    assert set(lacking) < set(names)
    assert "held_frame_shows" in lacking
    assert replay(shown, states, CANONICAL, frozenset(set(names) - set(lacking))).fault == ""
    assert replay(shown, claiming("", never, invariants=names[::-1]), CANONICAL, frozenset(names)).fault == (
        f"the literal state lacks what was assumed: {', '.join(each for each in names[::-1] if each in lacking)}"
    )
    assert replay(shown, claiming("", never), CANONICAL, frozenset(names)).fault == ""
    assert replay(LINKED, states, CANONICAL, frozenset(names)).fault == ""


def test_an_action_or_a_state_that_the_model_does_not_know_stays_as_it_is() -> None:
    own = extended(APPENDIX_A, "own", actions={"drop": lambda dialect: drop})
    drop = Action("drop", {}, before, called)
    found = replay(LINKED, claiming("drop", never, theory=own), CANONICAL, frozenset())
    assert (found.scope, found.later, found.fault) == (Scope(3, 1, 1), None, "")
    assert found.operation == Operation.call("drop", [Argument("dst", "Slot", 1), Argument("src", "Slot", 2)])
    assert found.state is not None
    larger = extended(APPENDIX_A, "larger", state=Larger)
    found = replay(LINKED, claiming("map", never, theory=larger), CANONICAL, frozenset())
    assert (found.structure, found.scope, found.state, found.operation) == (LINKED, None, None, None)

"""The language of goals: what it says, and what it answers to what it does not understand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.literal import Spaces
from proofs.explorer.states.goal import FUNCTIONS, GoalError, parse_goal, reached

SCOPE = Scope(3, 2, 2)


def holds(text: str, state: Spaces) -> bool:
    goal = parse_goal(text, SCOPE)
    return reached(state, goal.program, 0)


@pytest.fixture
def state() -> Spaces:
    s = spaces.initial(SCOPE)
    s.sigma[2], s.sigma[4], s.rights[2] = 0, 2, 6
    return s


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accessible(σ1[0])", True),
        ("accessible(s1[1])", False),
        ("holds(σ0[0])", True),
        ("holds(σ0[0], 1)", False),
        ("holds(σ0[1], 1)", True),
        ("holds(σ1[0])", False),
        ("nil(σ1[1])", True),
        ("derives(σ2[0], σ0[0])", True),
        ("links(σ2[0], σ0[0])", False),
        ("links(σ2[0], σ1[0])", True),
        ("shows(σ2[0], 0)", True),
        ("has(σ1[0], 'rw')", True),
        ("has(σ1[0], rwx)", False),
        ("cyclic(σ1[0])", False),
        ("not nil(σ0[0]) and (nil(σ0[0]) or holds(σ0[0]))", True),
        ("nil(σ0[0]) or nil(σ0[1]) or not nil(σ1[1])", False),
    ],
)
def test_meaning(text: str, expected: bool, state: Spaces) -> None:
    assert holds(text, state) is expected


ATOMS = {"nil(σ1[1])": True, "nil(σ0[0])": False}
EXPRESSIONS = st.recursive(
    st.sampled_from(sorted(ATOMS)),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: " and ".join(f"({p})" for p in parts)),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: " or ".join(f"({p})" for p in parts)),
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(EXPRESSIONS)
def test_connectives_are_those_of_python(text: str) -> None:
    python = text
    for atom, value in ATOMS.items():
        python = python.replace(atom, str(value))
    assert holds(text, spaces.initial(SCOPE)) is eval(python)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accessible(σ1[0]", "was never closed"),
        ("accessible(σ9[0])", "outside"),
        ("accessible(5)", "names no slot"),
        ("reachable(σ1[0])", "there is no 'reachable'"),
        ("holds(σ0[0], 2)", "number from 0 to 1"),
        ("nil()", "nil takes slot"),
        ("σ1[0]", "is not understood"),
        ("nil(σ1[0]) + 1", "is not understood"),
        ("__import__('os').system('true')", "is not understood"),
        ("has(σ1[0], 'q')", "is no set of rights"),
        ("", "is no goal"),
        ("not " * 100 + "nil(σ0[0])", "nested too deeply"),
    ],
)
def test_errors_teach(text: str, message: str) -> None:
    with pytest.raises(GoalError, match=message):
        parse_goal(text, SCOPE)


def test_an_error_names_everything_that_can_be_written() -> None:
    with pytest.raises(GoalError, match=r"Combine .*\bnil\(slot\)") as told:
        parse_goal("nothing", SCOPE)
    assert all(f"{name}({', '.join(kinds)})" in str(told.value) for name, (_, kinds, _) in FUNCTIONS.items())
    with pytest.raises(GoalError, match="-1 is no frame: write a number from 0 to 1"):
        parse_goal("shows(σ0[0], -1)", SCOPE)

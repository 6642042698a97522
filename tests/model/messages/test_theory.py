"""The theory of threads and messages: its symbols, its actions, and what each leaves alone (B.ipc, B.thread, B.io)."""

import pytest
import z3

from model.messages.readings import MESSAGE_DIALECTS, message_dialect_named
from model.messages.theories import MESSAGES, theory_of_messages
from model.messages.theory import BY_KERNEL, MAKERS
from model.messages.vocabulary import System, before, called, machine
from model.signature import symbols_of
from model.spaces.dialect import CANONICAL
from model.spaces.theory import flush, map_
from model.spaces.vocabulary import State
from model.theory import APPENDIX_A
from proofs.engines.terms.fragment import sort_graph

ACTIONS = sorted(MESSAGES.actions)


def test_its_state_extends_that_of_address_spaces() -> None:
    assert issubclass(System, State)
    assert set(symbols_of(System)) > set(APPENDIX_A.state)
    assert set(MESSAGES.invariants) > set(APPENDIX_A.invariants)
    assert not {"map", "grant"} & set(MESSAGES.actions)


def test_one_name_stands_for_one_symbol() -> None:
    assert len(MESSAGES.symbols) == len(symbols_of(System)) + len(symbols_of(type(machine))) + len(
        symbols_of(type(called))
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_changes_what_it_is_about_and_nothing_else(action: str) -> None:
    changes = {
        "create": {"space", "runs", "existed", "named", "latest", "born", "pager"},
        "end": {"runs", "awaits", "window", "got", "pager", "serves", "calls"},
        "wait": {"awaits", "window", "got"},
        "timeout": {"awaits", "window", "calls"},
        "associate": {"serves"},
        "read": {"has"},
        "write": {"contains"},
        "think": {"has"},
        "flush": {"derives", "live", "holds", "phys", "right"},
    }
    talk = {"awaits", "window", "got", "has", "sent", "calls"}
    spaces = {"derives", "live", "holds", "phys", "right"}
    changes |= {"send": talk, "interrupt": talk, "page_fault": talk, "send_map": talk | spaces}
    changes |= {"send_grant": talk | spaces | {"holder"}}
    after = MESSAGES.actions[action](CANONICAL).after
    assert {name for name in symbols_of(System) if getattr(after, name) is not getattr(before, name)} == changes[action]


def test_pages_move_by_the_very_updates_of_appendix_a() -> None:
    sent = MESSAGES.actions["send_map"](CANONICAL)
    alone = map_(CANONICAL, before, called)
    x, y = z3.Consts("x y", symbols_of(System)["derives"].arguments[0].sort())
    assert sent.after.derives(x, y).eq(alone.after.derives(x, y))
    assert alone.guard.items() <= sent.guard.items()
    flushed = MESSAGES.actions["flush"](CANONICAL)
    assert flushed.after.live(x).eq(flush(CANONICAL, before, called).after.live(x))


@pytest.mark.parametrize("dialect", sorted(MESSAGE_DIALECTS))
def test_every_action_stays_in_the_decidable_fragment(dialect: str) -> None:
    theory = theory_of_messages(MESSAGE_DIALECTS[dialect])
    universal = [i.formula(before) for i in theory.invariants.values() if not i.names_some_frame]
    for make in theory.actions.values():
        graph = sort_graph([*universal, *make(CANONICAL).guard.values()])
        reached = {pair for pair in graph if pair[0] == pair[1]}
        assert not reached


def test_a_dialect_has_the_actions_that_it_says() -> None:
    assert set(MAKERS) - set(MESSAGES.actions) == {"send_string"}
    assert set(MAKERS) - set(theory_of_messages(MESSAGE_DIALECTS["paper"]).actions) == {"timeout", "send_string"}
    no_faults = theory_of_messages(message_dialect_named("canonical with faults=no_call"))
    assert set(MAKERS) - set(no_faults.actions) == {"page_fault", "send_string"}
    assert set(theory_of_messages(message_dialect_named("canonical with strings=buffer")).actions) == set(MAKERS)
    assert set(BY_KERNEL) == {"timeout", "interrupt", "page_fault"}

"""Threads and messages of libraries, classes and commands: what is offered, what is asked, and what is refused."""

import sys
from pathlib import Path
from typing import Any

import pytest

from refinement.check import Target, TargetError, command_target, parse_target
from refinement.check.target.loaders import load
from refinement.check.target.message_calls import ANY, NO_NAME, NO_WINDOW, NOBODY, WHOLE_SPACE, Item, MessageCall
from refinement.check.target.message_targets import ARGUMENTS, SIGNATURES, question, thread_shown
from refinement.check.target.target import AnswerError
from tests import EXAMPLES

REST = "".join(f"    def {name}(self, *a): return 1\n" for name in ("map", "grant", "flush", "lookup"))


def _class(folder: Path, *methods: str) -> Target:
    path = folder / "kernel.py"
    talk = "".join(f"    def {name}(self, *a): return 1\n" for name in methods)
    path.write_text(f"class Kernel:\n    def __init__(self, *a): pass\n{REST}{talk}", "utf-8")
    return parse_target(f"{path}:Kernel")


def test_every_function_has_a_signature_and_names() -> None:
    assert set(SIGNATURES) == set(MessageCall)
    assert set(ARGUMENTS) == set(MessageCall) - {MessageCall.THREAD}


def test_a_class_offers_messages_by_init_threads_alone(tmp_path: Path) -> None:
    assert load(_class(tmp_path, "wait", "send", "end", "thread")).messages == []
    loaded = load(_class(tmp_path, "init_threads", "wait", "send", "thread", "end"))
    there = [call for call, address in zip(MessageCall, loaded.messages, strict=True) if address]
    assert there == [*list(MessageCall)[:4], MessageCall.END]


@pytest.mark.parametrize(
    ("methods", "missing"),
    [
        (("init_threads", "wait"), "send, thread"),
        (("init_threads", "wait", "send", "thread", "interrupt"), "associate"),
    ],
)
def test_a_group_offered_in_part_says_what_is_missing(tmp_path: Path, methods: tuple[str, ...], missing: str) -> None:
    with pytest.raises(TargetError, match=f"but not {missing}: messages need that as well; see musigma.h"):
        load(_class(tmp_path, *methods))


def test_examples_offer_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert all(load(parse_target(f"{EXAMPLES / 'ipc.py'}:Kernel")).messages)


@pytest.mark.parametrize(("name", "offers"), [("ipc_json_lines.py", True), ("json_lines.py", False)])
def test_a_command_offers_what_it_says(name: str, offers: bool) -> None:
    loaded = load(command_target(f"{sys.executable} {EXAMPLES / name}"))
    assert bool(loaded.messages) == offers
    process = loaded.keep[0]._process
    process.kill()
    process.communicate()


def test_questions_are_in_words() -> None:
    arguments = (0, 2, 1, Item.GRANT, 3, 4, 6, NO_NAME, NOBODY, WHOLE_SPACE)
    assert question(MessageCall.SEND, arguments) == {
        **{"thread": 0, "partner": 2, "word": 1, "item": ("grant", 3, 4, 6)},
        **{"name": None, "next_partner": None, "window": "all"},
    }
    assert question(MessageCall.SEND, (0, 2, 1, Item.NONE, 0, 0, 0, 1, ANY, NO_WINDOW))["item"] is None


@pytest.mark.parametrize("shown", [("sleeps", 0, None, None), ("runs", None, 0, 0), ("waits", 0, True, None)])
def test_what_a_thread_cannot_show_is_no_answer(shown: tuple[Any, ...]) -> None:
    with pytest.raises(AnswerError):
        thread_shown("thread(0)", *shown)
    assert thread_shown("thread(0)", "waits", 1, None, 4) == (2, 1, -1, 4)
    assert thread_shown("thread(0)", "absent", None, None, None) == (0, 0, -1, -1)

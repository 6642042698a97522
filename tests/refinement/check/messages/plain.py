"""The literal model of threads as a target in this process, whose answers can be made wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np

from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, MessageReadings
from model.messages.scope import MessageScope, set_of
from model.messages.tables import RUNS, Board, Threads, board_of, first_row, view
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import CELLS, WIDTH
from refinement.check.target.calls import Call
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.wrapping import wrap


class TalkingModel:
    """The model behind the interface; ``wrong`` replaces what a call returns, by its name and what it is asked."""

    def __init__(self, readings: MessageReadings = CANONICAL_MESSAGES.readings) -> None:
        self.readings = readings
        self.spaces = (1, 1, 1)
        self.scope = MessageScope(1, 1, 1)
        self.state: Threads
        self.board: Board
        self.log: list[tuple[str, dict[str, Any]]] = []
        self.wrong: Callable[[str, dict[str, Any]], int | None] = lambda name, asked: None
        self.shows: Callable[[int, tuple[int, int, int, int]], tuple[int, int, int, int]] = lambda thread, shown: shown

    def init(self, spaces: int, pages: int, frames: int) -> int:
        self.spaces = spaces, pages, frames
        return DONE

    def operate(self, call: Call, arguments: tuple[int, ...]) -> int:
        raise AssertionError(call)

    def lookup(self, call: Call, space: int, page: int) -> tuple[int, int]:
        x = self.scope.slot(space, page)
        return int(self.state.spaces.phys[x]), int(self.state.spaces.rights[x])

    def thread(self, thread: int) -> tuple[int, int, int, int]:
        s = self.state
        state = (2 if s.awaits[thread] else 1) if s.life[thread] == RUNS else 0
        return self.shows(thread, (state, int(s.space[thread]), int(s.sender[thread]), int(s.message[thread])))

    def converse(self, call: MessageCall, asked: dict[str, Any]) -> int:
        name = call.name.lower()
        self.log.append((name, asked))
        wrong = self.wrong(name, asked)
        status = self._do(call, asked)
        return status if wrong is None else wrong

    def _do(self, call: MessageCall, asked: dict[str, Any]) -> int:
        if call == MessageCall.INIT_THREADS:
            names = {"lines": "hardware"}
            numbers = {names.get(name, name): value for name, value in asked.items()}
            self.scope = MessageScope(*self.spaces, words=self.spaces[1] + 1, **numbers)
            self.board, row = board_of(self.scope), first_row(self.scope)
            self.state = view(row, self.board)
            self.state.known[:] = (1 << self.scope.words) - 1
            return DONE
        operation = self._operation(call, asked)
        return int(literal.act(self.state, self.board, operation, self.readings, CANONICAL.readings))

    def _operation(self, call: MessageCall, asked: dict[str, Any]) -> Operation:
        """The model's operation for what was asked: ids become threads, pages slots, and words sets."""
        actor = asked.get("thread", -1)
        match call:
            case MessageCall.WAIT:
                return Operation(Kind.WAIT, actor, willing=self._partner(asked), opens=self._window(asked))
            case MessageCall.SEND:
                other = self._bearer(asked["partner"])
                kind, src, dst, rights = Kind.SEND, -1, -1, 7
                if asked["item"] is not None:
                    word, src_page, dst_page, rights = asked["item"]
                    kind = Kind.SEND_MAP if word == "map" else Kind.SEND_GRANT
                    src, dst = self._slot(actor, src_page), self._slot(other, dst_page)
                claimed = -1 if asked["name"] is None else asked["name"]
                waits = {"willing": self._partner(asked, "next_partner"), "opens": self._window(asked)}
                return Operation(kind, actor, other, asked["word"], src, dst, rights, claimed=claimed, **waits)
            case MessageCall.CREATE:
                return Operation(Kind.CREATE, actor, asked["begun"], into=asked["space"], paged_by=asked["pager"])
            case MessageCall.END:
                return Operation(Kind.END, actor, self._bearer(asked["id"]))
            case MessageCall.TIMEOUT:
                return Operation(Kind.TIMEOUT, other=actor)
            case MessageCall.PAGE_FAULT:
                pager = max(0, self._bearer(int(self.state.pager[actor])))
                return Operation(Kind.PAGE_FAULT, actor, pager, dst=self._slot(actor, asked["page"]))
            case MessageCall.INTERRUPT:
                return Operation(Kind.INTERRUPT, asked["line"], max(0, int(self.state.server[asked["line"]])))
            case MessageCall.ASSOCIATE:
                return Operation(Kind.ASSOCIATE, actor, asked["line"])
        return Operation(Kind.FLUSH, actor, src=self._slot(actor, asked["page"]), rights=asked["rights"])

    def _slot(self, thread: int, page: int) -> int:
        return self.scope.slot(int(self.state.space[thread]), page)

    def _partner(self, asked: dict[str, Any], name: str = "partner") -> int:
        partner = asked[name]
        return 0 if partner is None else set_of(*range(self.scope.ids)) if partner == "any" else set_of(partner)

    def _window(self, asked: dict[str, Any]) -> int:
        window, thread = asked["window"], asked["thread"]
        pages = range(self.scope.pages) if window == "all" else [] if window is None else [window]
        return set_of(*(self._slot(thread, page) for page in pages))

    def _bearer(self, name: int) -> int:
        bearers = [t for t in range(self.scope.threads) if self.board.ident[t] == name]
        return next((t for t in bearers if self.state.life[t] == RUNS), bearers[0] if bearers else -1)

    def bench(self, without: tuple[MessageCall, ...] = (), rows: int = 300) -> Bench:
        """The target with a journal of so many rows."""
        offered = [call for call in MessageCall if call not in without]
        return Bench(wrap(self, [], offered), np.zeros(CELLS, np.int64), np.zeros((rows, WIDTH), np.uint32))

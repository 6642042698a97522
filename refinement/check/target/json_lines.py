"""A command that speaks the operations as JSON lines: one object a line asked, one object a line answered.

See ``docs/guides/check-your-kernel.rst`` for the protocol.
"""

import json
import os
import re
import shlex
import subprocess
from typing import Any

from model.plain_json import values_in
from refinement.check.target.calls import OPTIONAL, Call
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.message_targets import offered_by, thread_shown
from refinement.check.target.options import options_named
from refinement.check.target.ownership_calls import BY_DIALECT, OPTIONAL_OWNERSHIP, OwnershipCall
from refinement.check.target.ownership_targets import GROUP, STATUS, WANTED, not_negative
from refinement.check.target.range_calls import RangeCall
from refinement.check.target.range_targets import Range, cores_told, ranges_offered
from refinement.check.target.target import AnswerError, TargetError
from refinement.parent import die_with_parent

PROTOCOL = 1
THIS_VERSION = f"this is version {PROTOCOL}"
LONGEST = 1 << 16  # letters of a line


def _number_in(question: dict[str, Any], answer: dict[str, Any], key: str) -> int:
    """The whole number that an answer has under a key.

    :raises AnswerError: it has none there.
    """
    number = answer.get(key)
    if isinstance(number, bool) or not isinstance(number, int):
        wrong = f"with {key} {number!r}, which is no whole number" if key in answer else f"without {key!r}"
        lacks = f"{question['op']} is answered without {'a whole number ' if key in answer else ''}{key!r}"
        raise AnswerError(f"asked {json.dumps(question)} it answered {json.dumps(answer)}, {wrong}", lacks)
    return number


class Command:
    """A running command. Its standard error goes where this process's does."""

    def __init__(self, command: str, skip_until: str = "", prefix: str = "") -> None:
        """Start it, skip what it prints before it is ready, and shake hands.

        :raises TargetError: it does not start, or does not answer as the protocol says.
        """
        try:
            self._process = subprocess.Popen(
                shlex.split(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                bufsize=1 << 16,
                preexec_fn=die_with_parent,
            )
        except OSError as error:
            raise TargetError(f"--command {command!r}: it does not start: {os.strerror(error.errno or 0)}") from None
        self._prefix = prefix
        try:
            if skip_until:
                self._skip(skip_until)
            hello = self._ask({"op": "musigma", "version": PROTOCOL})
        except AnswerError as error:
            raise TargetError(f"--command {command!r}: {error}") from None
        if hello.get("version") != PROTOCOL:
            answered = f"answers version {hello['version']!r}" if "version" in hello else "answers without a version"
            wanted = f"answer {PROTOCOL}; ranges are named in has" if hello.get("version") == 2 else THIS_VERSION
            raise TargetError(f"--command {command!r}: it {answered}; {wanted}")
        has, known = hello.get("has"), ", ".join(call.name.lower() for call in OPTIONAL)
        if not isinstance(has, list):
            raise TargetError(f"--command {command!r}: has is {has!r}; answer a list out of {known}")
        self.ownership: list[OwnershipCall] = []
        if GROUP in has:  # the needed ones go without saying
            optional = (*OPTIONAL_OWNERSHIP, *BY_DIALECT)
            self.ownership = [call for call in OwnershipCall if call not in optional or call.name.lower() in has]
        self.features = [call for call in OPTIONAL if call.name.lower() in has]
        self.options = options_named(lambda name: name in has)
        who = f"--command {command!r}: it"
        self.messages = offered_by(lambda name: name in has, who)
        self.ranges = ranges_offered(lambda name: name in has, who)
        self.cores = cores_told(hello.get("cores"), self.ranges, who)

    def _skip(self, until: str) -> None:
        """Go on to the line after the first that has this.

        :raises AnswerError: it ended before.
        """
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(LONGEST):
            if re.search(until, line):
                return
        raise AnswerError(f"{self._ended()} before it printed a line with {until!r}, which --skip-until waits for")

    def _ended(self) -> str:
        """How it ended, which is waited for."""
        status = self._process.wait()
        return (
            f"the command ended with signal {-status}" if status < 0 else f"the command ended with exit status {status}"
        )

    def _line(self) -> str:
        """The next line that is an answer, without its prefix; an empty one at the end."""
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(LONGEST):
            if line.startswith(self._prefix):
                return line.removeprefix(self._prefix)
        return ""

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """One line each way.

        :raises AnswerError: it ended, or answered no JSON object.
        """
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
            line = self._line()
        except OSError:
            line = ""
        if len(line) >= LONGEST:
            raise AnswerError(f"asked {json.dumps(question)} it answered more than {LONGEST:,} letters on one line")
        if not line.endswith("\n"):
            raise AnswerError(f"{self._ended()} when asked {json.dumps(question)}")
        try:
            answer = values_in(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            lacks = f"{question['op']} is answered with no JSON object"
            raise AnswerError(f"asked {json.dumps(question)} it answered {line.strip()[:200]!r}, no JSON object", lacks)
        return answer

    def _number(self, question: dict[str, Any], key: str) -> int:
        """The whole number that the answer has under a key."""
        return _number_in(question, self._ask(question), key)

    def init(self, spaces: int, pages: int, frames: int) -> int:
        """A fresh state."""
        return self._number({"op": "init", "spaces": spaces, "pages": pages, "frames": frames}, "status")

    def operate(self, call: Call, arguments: tuple[int, ...]) -> int:
        """Map, grant, flush or check: the status; or normalise: rights."""
        if call == Call.NORMALISE:
            return self._number({"op": "normalise", "rights": arguments[0]}, "rights")
        question: dict[str, Any] = {"op": call.name.lower()}
        if call == Call.FLUSH:
            question |= {"src": arguments[:2], "rights": arguments[2]}
        elif call != Call.CHECK:
            question |= {"src": arguments[:2], "dst": arguments[2:4], "rights": arguments[4]}
        return self._number(question, "status")

    def lookup(self, call: Call, space: int, page: int) -> tuple[int, int]:
        """What a page shows."""
        question = {"op": call.name.lower(), "src": (space, page)}
        answer = self._ask(question)
        if answer.get("frame") == -1:
            return -1, 0
        return _number_in(question, answer, "frame"), _number_in(question, answer, "rights")

    def init_sized(self, spaces: int, pages: int, frames: int, orders: tuple[int, ...]) -> int:
        """A fresh state with ranges of those orders."""
        question = {"op": "init2", "spaces": spaces, "pages": pages, "frames": frames, "orders": orders}
        return self._number(question, "status")

    def pass_range(self, call: RangeCall, src: Range, dst: Range, offset: int, rights: int) -> int:
        """Map or grant a range."""
        return self._number({"op": call.export, "src": src, "dst": dst, "offset": offset, "rights": rights}, "status")

    def flush_range(self, of: Range, rights: int, *, own: bool) -> int:
        """Flush a range."""
        return self._number({"op": "flush2", "src": of, "rights": rights, "own": own}, "status")

    def lookup_sized(self, call: RangeCall, core: int | None, space: int, page: int) -> tuple[int, int, int]:
        """What a page shows, and in a mapping of which order."""
        question: dict[str, Any] = {"op": call.export, "src": (space, page)}
        if call == RangeCall.LOOKUP_TLB:
            question["core"] = core
        answer = self._ask(question)
        if answer.get("frame") == -1:
            return -1, 0, 0
        frame, rights, order = (_number_in(question, answer, key) for key in ("frame", "rights", "order"))
        return frame, rights, order

    def converse(self, call: MessageCall, asked: dict[str, Any]) -> int:
        """An operation of threads."""
        return self._number({"op": call.name.lower(), **asked}, "status")

    def thread(self, thread: int) -> tuple[int, int, int, int]:
        """What a thread shows."""
        question = {"op": "thread", "thread": thread}
        answer = self._ask(question)
        told = (answer.get(key) for key in ("state", "space", "sender", "word"))
        return thread_shown(f"asked {json.dumps(question)} it", *told)

    def own(self, call: OwnershipCall, asked: dict[str, int | None]) -> int:
        """An operation of ownership, or what a party has of a page."""
        key = call.name.lower() if call in (OwnershipCall.HAS, OwnershipCall.MAPPED) else "status"
        question = {"op": call.name.lower(), **asked}
        number = self._number(question, key)
        return not_negative(f"asked {json.dumps(question)} it", number, WANTED.get(call, STATUS))

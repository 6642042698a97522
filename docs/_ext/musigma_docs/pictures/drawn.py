"""The directive for pictures of a few operations: each state drawn, with the kernel's page tables beside the model."""

import re

from docutils import nodes
from docutils.parsers.rst import directives

from model.scope import ALL_RIGHTS, Scope, parse_rights
from model.spaces.dialect import DIALECTS
from model.spaces.literal import DONE
from model.spaces.operation import WORDS, Operation
from model.trace import Trace
from musigma_docs.base.build import Musigma, RefusedError
from musigma_docs.pictures.traces import figure
from proofs.report.storyboard import page, storyboard_with_kernel, svg

WRITTEN = re.compile(r"(?P<action>\w+) (?P<src>\S+\])(?: (?:→|->) (?P<dst>\S+\]))?(?: (?P<rights>[rwx-]{3}))?")


class StoryboardDirective(Musigma):
    """``.. storyboard:: map σ0[0] → σ1[0]; flush σ0[0]``: the states, one picture a step, and a page to step through.

    ``:scope:`` gives spaces, pages and frames, by default 3 1 1; ``:name:`` what the files are called.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {
        "caption": directives.unchanged_required,
        "scope": directives.unchanged_required,
        "dialect": directives.unchanged_required,
        "name": directives.unchanged_required,
    }

    def make(self) -> list[nodes.Node]:
        trace = self._trace()
        for operation, status, _ in trace.states():
            if operation is not None and status != DONE:
                raise RefusedError(f"{trace.dialect} refuses {operation.text(trace.scope)}: write steps that are taken")
        board = storyboard_with_kernel(trace)
        stem = re.sub(r"\W+", "_", self.options.get("name", self.arguments[0])).strip("_").lower()
        caption = self.parse_inline(self.options.get("caption", self.arguments[0]))[0]
        return [figure(self, stem, svg(board), page(board), caption)]

    def _trace(self) -> Trace:
        """The operations as a trace.

        :raises RefusedError: they cannot be read, or name what the scope or the dialects lack.
        """
        sizes = self.options.get("scope", "3 1 1").split()
        if len(sizes) != 3 or not all(size.isdigit() for size in sizes):
            raise RefusedError(f"{' '.join(sizes)!r} is no scope: write three numbers, as in 3 1 1")
        dialect = self.options.get("dialect", "canonical")
        if dialect not in DIALECTS:
            raise RefusedError(f"there is no dialect {dialect!r}: write one of {', '.join(DIALECTS)}")
        scope = Scope(*map(int, sizes))
        operations = tuple(_operation(text.strip(), scope) for text in self.arguments[0].split(";"))
        return Trace(dialect, scope, operations, " ".join(self.options.get("caption", "").split()))


def _operation(text: str, scope: Scope) -> Operation:
    """An operation as people write it.

    >>> _operation("map σ0[0] → σ1[0] r--", Scope(2, 1, 1)).text(Scope(2, 1, 1))
    'map σ0[0] → σ1[0] r--'

    :raises RefusedError: it is none.
    """
    found = WRITTEN.fullmatch(" ".join(text.split()))
    if found is None or found["action"] not in WORDS:
        raise RefusedError(f"{text!r} is no operation: write one as map σ0[0] → σ1[0] r--, or flush σ0[0]")
    try:
        src = scope.parse(found["src"])
        dst = scope.parse(found["dst"]) if found["dst"] else -1
        rights = parse_rights(found["rights"]) if found["rights"] else ALL_RIGHTS
    except ValueError as error:
        raise RefusedError(f"{text!r}: {error}") from None
    if WORDS[found["action"]].names_destination != (dst >= 0):
        raise RefusedError(f"{text!r}: map and grant have a destination, flush has none")
    return Operation(found["action"], src, dst, rights)

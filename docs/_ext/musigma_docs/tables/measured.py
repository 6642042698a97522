"""The directive for figures that no build makes: with the command that printed them and the commit they are of."""

import re

from docutils import nodes
from docutils.parsers.rst import directives

from musigma_docs.base.build import Musigma, RefusedError
from musigma_docs.evidence.runs import CHECKOUT


class Measured(Musigma):
    """``.. measured::``: what ``:command:`` printed when ``:commit:`` was made; measured once, not by this build."""

    has_content = True
    option_spec = {"command": directives.unchanged_required, "commit": directives.unchanged_required}

    def make(self) -> list[nodes.Node]:
        command, commit = self.options.get("command", ""), self.options.get("commit", "")
        if not command or not re.fullmatch(r"[0-9a-f]{7,40}", commit):
            raise RefusedError("figures need the :command: that printed them and the :commit: that they are of")
        for word in command.split():
            if word.endswith(".py") and not (CHECKOUT / word).is_file():
                raise RefusedError(f"figures are of {word}, which is not there any more")
        text = "\n".join(self.content)
        said = nodes.paragraph(
            "",
            "",
            nodes.emphasis("", "Measured once, and not by this build: "),
            nodes.literal("", command),
            nodes.Text(f" at commit {commit}."),
        )
        return [nodes.literal_block(text, text, language="text"), said]

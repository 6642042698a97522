"""The words of a storyboard, wherever it is shown: its heading, the small print, and all of it read aloud."""

from proofs.report.storyboard.scenes.scene import Anomaly, Gap, Storyboard

LONGEST = 200
"""Letters of a heading; a longer one is cut."""


def heading(board: Storyboard) -> str:
    """Say in a line what the storyboard shows: the sentence that is violated, without the obligation's id."""
    line = f"Violated: {board.violated}" if board.violated else board.title or "A trace"
    return line if len(line) <= LONGEST else line[:LONGEST].rsplit(maxsplit=1)[0] + " …"


def about(board: Storyboard) -> list[str]:
    """The small print: the obligation's id, the dialect, the scope, what is drawn, and what is left out."""
    first = f"{board.obligation} · " if board.obligation else ""
    drawn = f"shown is what {board.drawn} does, not the model" if board.drawn else ""
    notes = [f"{first}dialect {board.dialect} · {board.scope}", drawn, board.left_out]
    return [note for note in notes if note]


def description(board: Storyboard) -> str:
    """Describe the whole storyboard in words, for those who do not see it."""
    told = []
    for scene in board.parts:
        if isinstance(scene, Gap):
            told.append(f"{scene.summary}.")
            continue
        parts = [scene.outcome, *scene.changes, *(finding.text for finding in scene.findings if finding.fresh)]
        told.append(f"{scene.number}. {scene.title}: {'; '.join(part for part in parts if part) or 'nothing changes'}.")
    return " ".join(told)


def finding_text(finding: Anomaly) -> str:
    """Write a finding in words, and whether it is an old one."""
    return finding.text if finding.fresh else f"still: {finding.text}"

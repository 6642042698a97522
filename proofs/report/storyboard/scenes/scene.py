"""Scenes: what is to be seen of a trace, one scene a step, before anybody decides where it is drawn.

A storyboard knows no colours and no coordinates. The picture, the page and the terminal's table are all made of it,
and so say the same.
"""

from dataclasses import dataclass
from enum import Enum

from model.scope import Scope
from model.spaces.literal import Spaces
from proofs.report.storyboard.scenes.threads import Speech
from proofs.report.storyboard.scenes.views import Block, Views


class Change(Enum):
    """A step's effect on a slot or a link; the value is the word on the picture."""

    NONE = ""
    NEW = "new"
    GONE = "gone"
    MOVED = "moved"
    REPLACED = "replaced"
    NARROWED = "narrowed"
    WIDENED = "widened"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Cell:
    """A slot in one state.

    :param slot: its number in the scope, and ``name`` as people write it.
    :param in_use: σ_v is not φ.
    :param holds: the frame that the slot holds itself, or None.
    :param link: the slot that it was mapped from, or None.
    :param phys: the frame in P, or None.
    :param chain: the slots passed when σ(v) is evaluated, this one first; the evaluation ends at the last of them or
        goes round.
    :param ends: how the evaluation ends: ``frame 0``, ``φ`` or ``a cycle``.
    :param rights: r = 4, w = 2, x = 1.
    :param role: ``from``, ``to``, ``itself`` or ``flushed`` in this step's operation, or empty.
    :param beside: where something that ran along differs: what the model shows here, and what each of these shows.
    :param windows: the threads that have a window here.
    """

    slot: int
    name: str
    space: int
    page: int
    in_use: bool
    holds: int | None
    link: int | None
    phys: int | None
    chain: tuple[int, ...]
    ends: str
    rights: int
    change: Change
    role: str
    wrong: bool
    beside: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The node of this slot: ``s3``."""
        return slot_key(self.slot)


@dataclass(frozen=True, slots=True)
class FrameMark:
    """A frame in one state, and the slots that hold it: one, unless something is wrong."""

    number: int
    holders: tuple[int, ...]

    @property
    def lost(self) -> bool:
        """Return whether nobody holds the frame, so that nobody can ever get it back."""
        return not self.holders

    @property
    def key(self) -> str:
        """The node of this frame: ``f0``."""
        return frame_key(self.number)


@dataclass(frozen=True, slots=True)
class Edge:
    """A link, or the hold of a slot on its frame: from where the page came to where it went, with the rights there.

    ``source`` and ``target`` are keys of nodes. With ``change`` GONE the edge was there before the step only.
    ``hidden`` is the number of slots between the two that are not shown; ``hold`` says that the source is a frame.
    """

    source: str
    target: str
    rights: int
    change: Change
    wrong: bool
    frame: int | None
    hidden: int = 0
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something that should not be, in words, with the slots, frames and threads that show it.

    ``kind`` is a short name: ``cycle``, ``dangling``, ``lost``, ``held twice``, ``P``, ``rights``, ``no rights``,
    ``flush``, ``grant``, ``effect``, ``violated``, ``differs``; of what ran beside the model ``machine``, or the table
    that is wrong. ``fresh``: this step brought it about.
    """

    kind: str
    text: str
    slots: tuple[int, ...] = ()
    frames: tuple[int, ...] = ()
    fresh: bool = True
    threads: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One state and the step that led to it.

    :param number: of the step; 0 is the initial state.
    :param title: the operation, or «at first».
    :param ending: empty, or how a step ended that changed nothing.
    :param changes: what the step changed, in words.
    :param views: what a kernel and its machine, or a target, say at this moment, if one ran along.
    :param model: the state of the model, which may differ from what is drawn.
    :param speech: the threads and what they said, in a trace of threads and messages.
    :param noted: what a subsystem's notes hold of, in words.
    :param blocks: the mappings of many pages that a kernel or a target has: the first slot and the order of each.
    """

    number: int
    title: str
    ending: str
    cells: tuple[Cell, ...]
    frames: tuple[FrameMark, ...]
    edges: tuple[Edge, ...]
    changes: tuple[str, ...]
    findings: tuple[Anomaly, ...]
    model: Spaces
    views: Views | None = None
    speech: Speech | None = None
    noted: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def outcome(self) -> str:
        """Say why the step changed nothing; empty if it did."""
        return f"{self.ending}: nothing changes" if self.ending else ""

    def cell(self, slot: int) -> Cell:
        """The cell of a slot that is shown.

        :raises KeyError: the slot is not shown.
        """
        for cell in self.cells:
            if cell.slot == slot:
                return cell
        raise KeyError(slot)


@dataclass(frozen=True, slots=True)
class Gap:
    """Steps of a long trace that are not drawn: the first and the last of them, all in words, and in one line."""

    first: int
    last: int
    texts: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The scenes of a trace, each with the same slots and frames.

    :param left_out: which slots are not shown, in words, or empty.
    :param aside: why there is no machine to be seen, or empty.
    :param gaps: the steps that are not drawn.
    :param drawn: what the scenes are of, if not of the model.
    :param obligation: the id of the obligation that the last step violates, and ``violated`` what it says; or empty.
    """

    title: str
    dialect: str
    scope: Scope
    scenes: tuple[Scene, ...]
    left_out: str = ""
    aside: str = ""
    gaps: tuple[Gap, ...] = ()
    drawn: str = ""
    obligation: str = ""
    violated: str = ""

    @property
    def parts(self) -> list[Scene | Gap]:
        """Scenes and gaps in the order of their steps."""
        parts: list[Scene | Gap] = [*self.scenes, *self.gaps]
        return sorted(parts, key=lambda part: part.number if isinstance(part, Scene) else part.first)

    @property
    def last(self) -> int:
        """The number of the last step."""
        return self.scenes[-1].number

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots that are shown."""
        return tuple(cell.slot for cell in self.scenes[0].cells)

    @property
    def columns(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The spaces that are shown or that threads execute in, each with its slots in the order of their pages."""
        speeches = [scene.speech for scene in self.scenes if scene.speech]
        of: dict[int, list[int]] = {mark.space: [] for speech in speeches for mark in speech.threads}
        for slot in self.slots:
            of.setdefault(self.scope.space(slot), []).append(slot)
        return tuple((space, tuple(slots)) for space, slots in sorted(of.items()))


def slot_key(slot: int) -> str:
    """The node of a slot."""
    return f"s{slot}"


def frame_key(number: int) -> str:
    """The node of a frame."""
    return f"f{number}"

"""Threads in pictures: rounded boxes above their space's slots, whom they wait for, and the messages that pass."""

from xml.etree.ElementTree import Element, SubElement

from proofs.report.storyboard.drawing.layout import ARCH, HEAD, KNOWN, Box, Layout, thread_key
from proofs.report.storyboard.drawing.svg_parts import at, tag, text, warning
from proofs.report.storyboard.scenes.threads import Speech, ThreadMark

LEGEND = (
    " A rounded box is a thread with its id: what it does, and below that the message in its registers. A dotted arrow"
    " leads to whom it waits for, a thick one goes with a message. The inner frame of a slot is a window."
)
WAITS, PASSES = -9.0, 9.0  # the heights at which these arrows meet a box, from its middle
SIDE = 9.0  # the same beside the middle, for arrows between boxes above one another
TIP = 7.0
MOST_KNOWN = 18
"""In so many letters the words that a space knows have to be told one by one."""


def draw_threads(parent: Element, speech: Speech, plan: Layout, *, changed: bool) -> None:
    """The threads of a scene, and the arrows between them.

    :param changed: the scene has a step, so that what passed, passed in it.
    """
    for (_, _, x), words in zip(plan.heads, _by_space(speech, plan), strict=True):
        if words:
            told = ", ".join(map(speech.scope.word_name, words))
            told = told if len(told) <= MOST_KNOWN else f"{len(words)} words"
            at(parent, x, HEAD - 10 + KNOWN - 10, f"knows {told}", "known")
    boxes = {mark.number: plan.boxes[thread_key(mark.number, mark.space)] for mark in speech.threads}
    for mark in speech.threads:
        for ident in () if mark.anybody else mark.awaits:
            for other in speech.threads:
                if other.ident == mark.scope.id_name(ident) and other.runs and other.number != mark.number:
                    _arrow(parent, boxes[mark.number], boxes[other.number], "waits", WAITS, "")
    for mark in speech.threads:
        _thread(parent, mark, boxes[mark.number], changed=changed)
    for passed in speech.passed:
        if passed.sender in boxes and passed.sender != passed.receiver:
            _arrow(parent, boxes[passed.sender], boxes[passed.receiver], "passes", PASSES, passed.words)
    for mark in speech.threads:
        if mark.wrong:
            box = boxes[mark.number]
            warning(parent, box.x + box.width - 8, box.y + 2)


def _by_space(speech: Speech, plan: Layout) -> list[tuple[int, ...]]:
    return [speech.knows[space] for space, _, _ in plan.heads]


def _thread(parent: Element, mark: ThreadMark, box: Box, *, changed: bool) -> None:
    kinds = ["thread", "" if mark.runs else "ended", "changed" if mark.changed and changed else ""]
    kinds.append("wrong" if mark.wrong else "")
    group = SubElement(parent, "g", attrib={"class": " ".join(filter(None, kinds))})
    text(group, "title", thread_words(mark))
    size = {"x": f"{box.x:g}", "y": f"{box.y:g}", "width": f"{box.width:g}", "height": f"{box.height:g}", "rx": "14"}
    SubElement(group, "rect", attrib={"class": "body", **size})
    kind = " hardware" if mark.hardware else ""
    at(group, box.x + 10, box.y + 18, f"{mark.name} {mark.ident}{kind}", "name")
    at(group, box.x + 10, box.y + 33, mark.state, "")
    at(group, box.x + 10, box.y + 48, mark.heard and f"got {mark.heard}", "")


def thread_words(mark: ThreadMark) -> str:
    """Describe a thread in words."""
    kind = "hardware, " if mark.hardware else ""
    parts = [f"{mark.name}, {kind}called {mark.ident}, in {mark.home}: {mark.state}"]
    parts += [f"got {mark.heard}"] if mark.got else []
    return "; ".join([*parts, *mark.besides])


def _arrow(parent: Element, source: Box, target: Box, kind: str, height: float, words: str) -> None:
    """An arrow between two boxes: sideways to the next space, up or down within one, in an arch over others."""
    side = SIDE * (-1 if kind == "waits" else 1)
    group = SubElement(parent, "g", attrib={"class": f"speech {kind}"})
    if source.x == target.x:
        down = target.y > source.y
        x = source.x + source.width / 2 + 2 * side
        one, two = (source.y + source.height, target.y) if down else (source.y, target.y + target.height)
        way, tip, middle = f"M{x:g} {one:g}L{x:g} {two:g}", (x, two, 0, 1 if down else -1), (x, (one + two) / 2)
    elif abs(source.x - target.x) > 2 * source.width and source.y == target.y:
        one, two = source.x + source.width / 2 + side, target.x + target.width / 2 + side
        top = source.y - ARCH + (6 if kind == "waits" else 0)
        way = f"M{one:g} {source.y:g}C{one:g} {top:g} {two:g} {top:g} {two:g} {target.y:g}"
        tip, middle = (two, target.y, 0, 1), ((one + two) / 2, source.y - 0.75 * (source.y - top))
    else:
        right = target.x > source.x
        one, two = (source.x + source.width, target.x) if right else (source.x, target.x + target.width)
        y, z = source.middle + height, target.middle + height
        way, tip = f"M{one:g} {y:g}L{two:g} {z:g}", (two, z, 1 if right else -1, 0)
        middle = (one + two) / 2, (y + z) / 2
    SubElement(group, "path", d=way)
    x, y, across, along = tip
    back = [(x - TIP * across + s * 4 * along, y - TIP * along + s * 4 * across) for s in (-1, 1)]
    SubElement(group, "polygon", points=f"{x:g},{y:g} " + " ".join(f"{a:g},{b:g}" for a, b in back))
    if words:
        tag(group, *middle, words)

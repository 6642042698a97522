"""The parts of pictures: words, tags, warnings and groups, as elements of SVG."""

from xml.etree.ElementTree import Element, SubElement


def tag(parent: Element, x: float, y: float, word: str) -> None:
    """Draw a word on a dark ground, centred at (x, y)."""
    group = SubElement(parent, "g", attrib={"class": "tag"})
    width = 6.0 * len(word) + 10
    size = {"x": f"{x - width / 2:g}", "y": f"{y - 7:g}", "width": f"{width:g}", "height": "14", "rx": "7"}
    SubElement(group, "rect", attrib=size)
    at(group, x, y + 3.5, word, "")


def warning(parent: Element, x: float, y: float) -> None:
    """Draw a triangle with an exclamation mark, its middle at (x, y)."""
    d = f"M{x:g} {y - 8:g}l8 14h-16z"
    SubElement(parent, "path", attrib={"class": "warn", "d": d})
    SubElement(
        parent, "path", attrib={"class": "bang", "d": f"M{x - 1.2:g} {y - 3:g}h2.4l-.5 5h-1.4zm.3 5.8h1.8v1.7h-1.8z"}
    )


def grouped(parent: Element, kind: str, x: float, y: float) -> Element:
    """Make a group whose origin is at (x, y)."""
    return SubElement(parent, "g", attrib={"class": kind, "transform": f"translate({x:g} {y:g})"})


def at(parent: Element, x: float, y: float, words: str, kind: str) -> Element:
    """Write words that begin at (x, y), in a class of the style sheet."""
    attributes = {"x": f"{x:g}", "y": f"{y:g}"} | ({"class": kind} if kind else {})
    return text(parent, "text", words, attrib=attributes)


def text(parent: Element, tag: str, words: str, attrib: dict[str, str] | None = None, **extra: str) -> Element:
    """Add an element that holds words; signs that cannot be printed are left out."""
    element = SubElement(parent, tag, attrib=attrib or {}, **extra)
    element.text = "".join(c for c in words if c.isprintable() or c in "\n\t")
    return element

"""The look of storyboards: one style sheet for light and dark, which print and no colour at all can do without.

No CSS variables, since converters to PDF do not know them. What a colour says, a shape, a dash or a word says as well.
"""

LIGHT = {
    "ground": "#ffffff", "text": "#1b1f24", "soft": "#5c6670", "line": "#68727d", "cell": "#eef2f6", "empty": "#ffffff",
    "edge": "#9aa5b1", "new": "#0b6b3a", "moved": "#0a58b0", "gone": "#6b7480", "rights": "#7a5200", "wrong": "#b3122b",
    "wrongfill": "#fdeaec", "mark": "#ffffff",
}  # fmt: skip
DARK = {
    "ground": "#14181d", "text": "#e8ecf1", "soft": "#a3adb8", "line": "#9ca7b3", "cell": "#232a33", "empty": "#14181d",
    "edge": "#56616d", "new": "#5fd394", "moved": "#7ab6ff", "gone": "#98a2ad", "rights": "#f0c053", "wrong": "#ff8795",
    "wrongfill": "#3c1b21", "mark": "#14181d",
}  # fmt: skip

_SHAPES = """
.sb text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 11px; }
.sb .mono, .sb .rights { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: 10px; }
.sb .title { font-size: 16px; font-weight: 700; }
.sb .step { font-size: 14px; font-weight: 700; }
.sb .head { font-size: 13px; font-weight: 600; text-anchor: middle; }
.sb .name { font-size: 12px; font-weight: 600; }
.sb .middle, .sb .rights, .sb .tag text { text-anchor: middle; }
.sb .finding { font-weight: 600; }
.sb .gap { font-size: 13px; font-style: italic; }
.sb .cell rect { stroke-width: 1.2; }
.sb .empty rect { stroke-dasharray: 2 3; }
.sb .frame path { stroke-width: 1.2; }
.sb .edge path { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
.sb .edge.hold path { stroke-width: 4; }
.sb .edge.hold path.core { stroke-width: 1.8; }
.sb .edge.gone path { stroke-dasharray: 2 4; }
.sb .edge.gone path.cross { stroke-dasharray: none; stroke-width: 1.8; }
.sb .edge.changed path { stroke-width: 2.4; }
.sb .edge.wrong path { stroke-width: 2.6; stroke-dasharray: 7 3; }
.sb .cell.new rect.body, .sb .cell.moved rect.body, .sb .cell.fewer rect.body { stroke-width: 2.2; }
.sb .cell.gone rect.body { stroke-dasharray: 4 3; }
.sb .cell.wrong rect.body { stroke-width: 3; }
.sb .rights { paint-order: stroke; stroke-width: 3px; stroke-linejoin: round; }
.sb .role { font-size: 10px; font-style: italic; text-anchor: middle; }
.sb .tag text { font-size: 9.5px; font-weight: 700; }
.sb .panel { stroke-width: 1; fill: none; }
.sb .known { font-size: 10px; font-style: italic; text-anchor: middle; }
.sb .thread rect.body { stroke-width: 1.2; }
.sb .thread.ended rect.body { stroke-dasharray: 2 3; }
.sb .thread.changed rect.body { stroke-width: 2.2; }
.sb .thread.wrong rect.body { stroke-width: 3; }
.sb .speech path { fill: none; }
.sb .speech.waits path { stroke-width: 1.3; stroke-dasharray: 2 3; }
.sb .speech.passes path { stroke-width: 3; }
.sb .window-name { font-size: 10px; font-style: italic; }
.sb .block rect { stroke-width: 1.4; stroke-dasharray: 1 2; }
.sb rect.window { fill: none; stroke-width: 1.2; stroke-dasharray: 3 2; }
"""

_COLOURS = """
.sb .ground {{ fill: {ground}; }}
.sb text {{ fill: {text}; }}
.sb .soft, .sb .empty .name {{ fill: {soft}; }}
.sb .panel {{ stroke: {edge}; }}
.sb .cell rect.body {{ fill: {cell}; stroke: {line}; }}
.sb .empty rect.body {{ fill: {empty}; stroke: {edge}; }}
.sb .block rect {{ fill: {ground}; stroke: {text}; }}
.sb .frame path {{ fill: {empty}; stroke: {line}; }}
.sb .edge path {{ stroke: {line}; }}
.sb .edge path.core {{ stroke: {ground}; }}
.sb .edge polygon {{ fill: {line}; }}
.sb .rights {{ stroke: {ground}; }}
.sb .new rect.body, .sb .edge.new path {{ stroke: {new}; }}
.sb .new .tag rect, .sb .edge.new polygon {{ fill: {new}; }}
.sb .moved rect.body, .sb .edge.moved path {{ stroke: {moved}; }}
.sb .moved .tag rect, .sb .edge.moved polygon {{ fill: {moved}; }}
.sb .gone rect.body, .sb .edge.gone path {{ stroke: {gone}; }}
.sb .gone .tag rect, .sb .edge.gone polygon {{ fill: {gone}; }}
.sb .fewer rect.body, .sb .edge.fewer path {{ stroke: {rights}; }}
.sb .fewer .tag rect, .sb .edge.fewer polygon {{ fill: {rights}; }}
.sb .known, .sb .ended text {{ fill: {soft}; }}
.sb .thread rect.body {{ fill: {ground}; stroke: {line}; }}
.sb .thread.changed rect.body {{ stroke: {text}; }}
.sb .thread.wrong rect.body {{ fill: {wrongfill}; stroke: {wrong}; }}
.sb .speech.waits path {{ stroke: {moved}; }}
.sb .speech.waits polygon {{ fill: {moved}; }}
.sb .speech.passes path {{ stroke: {new}; }}
.sb .speech.passes polygon, .sb .speech.passes .tag rect {{ fill: {new}; }}
.sb .cell rect.window {{ stroke: {moved}; }}
.sb .window-name {{ fill: {moved}; }}
.sb .wrong rect.body {{ fill: {wrongfill}; stroke: {wrong}; }}
.sb .edge.wrong path {{ stroke: {wrong}; }}
.sb .edge.wrong polygon, .sb .frame.wrong .tag rect, .sb .warn, .sb .finding {{ fill: {wrong}; }}
.sb .frame.wrong path {{ fill: {wrongfill}; stroke: {wrong}; stroke-width: 3; stroke-dasharray: 5 3; }}
.sb .tag text, .sb .bang {{ fill: {mark}; }}
"""


def style_sheet() -> str:
    """The CSS of a storyboard: light, dark where the reader prefers it, and light again on paper."""
    light, dark = _COLOURS.format_map(LIGHT), _COLOURS.format_map(DARK)
    return f"{_SHAPES}{light}@media (prefers-color-scheme: dark) {{{dark}}}\n@media print {{{light}}}\n"

"""Appendix A as code: a state of a scope, what a slot shows, and the operations, which change the state."""

from musigma.shadowing import refuse_foreign

refuse_foreign()

from model.scope import ALL_RIGHTS, parse_rights, rights_name
from model.spaces.literal import DONE, NIL, REFUSED, Spaces, evaluate, flush, frame, frame_of, grant, initial, map_

__all__ = [
    "ALL_RIGHTS",
    "DONE",
    "NIL",
    "REFUSED",
    "Spaces",
    "evaluate",
    "flush",
    "frame",
    "frame_of",
    "grant",
    "initial",
    "map_",
    "parse_rights",
    "rights_name",
]

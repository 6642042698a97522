"""A state of the theory as the tables that are drawn, and what in it no table can say."""

import numpy as np

from model.running.evaluate import Structure
from model.scope import RIGHTS, Scope
from model.spaces.abstraction import AFTER
from model.spaces.literal import NIL, Spaces, frame
from proofs.report.storyboard.scenes import scene


def spaces_of(structure: Structure, scope: Scope) -> tuple[Spaces, list[scene.Anomaly]]:
    """The state after a step of the theory as tables, and what of it no table can say.

    The parent of a slot is the one that it derives from and that all others that it derives from are beyond.
    """
    derives, live, holds, phys, right = (
        structure.symbols[name + AFTER][0] for name in ("derives", "live", "holds", "phys", "right")
    )
    state = Spaces(*(np.full(scope.slots, value, np.int64) for value in (NIL, NIL, 0)))
    odd = []
    for slot in range(scope.slots):
        name = scope.name(slot)
        held, shown = (np.nonzero(table[slot])[0].tolist() for table in (holds, phys))
        above = np.nonzero(derives[slot])[0].tolist()
        nearest = [of for of in above if all(other == of or derives[of, other] for other in above)]
        if held:
            state.sigma[slot] = frame(held[0])
        elif live[slot] and (nearest or above):
            state.sigma[slot] = (nearest or above)[0]
        state.phys[slot] = shown[0] if shown else NIL
        state.rights[slot] = sum(bit for bit, has in zip(RIGHTS.values(), right[slot], strict=True) if has)
        if len(shown) > 1 or len(held) > 1:
            several = " and ".join(str(r) for r in (shown if len(shown) > 1 else held))
            odd.append(scene.Anomaly("P", f"{name} shows frames {several} at once", (slot,)))
        if live[slot] and not held and not above:
            odd.append(scene.Anomaly("dangling", f"{name} is in use, and was mapped from nowhere", (slot,)))
        if not live[slot] and above:
            origin = scope.name((nearest or above)[0])
            odd.append(scene.Anomaly("dangling", f"{name} is φ, and still derives from {origin}", (slot,)))
        if live[slot] and not held and len(above) > 1 and not nearest:
            several = " and ".join(map(scope.name, above))
            odd.append(scene.Anomaly("cycle", f"{name} derives from {several}, and from none of them last", (slot,)))
    return state, odd

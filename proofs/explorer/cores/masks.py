# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls
"""Steps and properties of states of bits as rows of masks, and the compiled loop over them.

The parameters of a system are a head (how many steps, where they begin, the same of properties, how many conditional
parts a step has) and then the rows. A row of a step has its label; the bits that must be set, those that must not, and
those of which one must be, if there are any; the bits that stay, and the bits that are set; then of each conditional
part the bit that it hangs on, the bits that stay, the bits that are set. A row of a property has the property's bit; in
a state that violates it a bit of each of the next two numbers is set, and one of the third, if the fourth is 1, or
none, if it is 0.
"""

import numpy as np

STEPS, FIRST_STEP, PROPERTIES, FIRST_PROPERTY, PARTS, HEAD = range(6)
LABEL, NEEDED, FORBIDDEN, SOME, STAY, SET, FIRST_PART = range(7)
OF_PART = 3
OF_PROPERTY = 5
NONE = np.uint64(0)


def successors(state, after, labels, flaws, wanted, parameters, scratch):
    """Every step that is possible; see :class:`~proofs.explorer.system.System`."""
    count, row = 0, parameters[FIRST_STEP]
    parts = parameters[PARTS]
    width = FIRST_PART + parts * OF_PART
    for _ in range(parameters[STEPS]):
        needed, some = np.uint64(parameters[row + NEEDED]), np.uint64(parameters[row + SOME])
        lacking = (needed & ~state) | (np.uint64(parameters[row + FORBIDDEN]) & state)
        if lacking == NONE and (some == NONE or some & state != NONE):
            following = state & np.uint64(parameters[row + STAY]) | np.uint64(parameters[row + SET])
            part = row + FIRST_PART
            for _ in range(parts):
                on = np.uint64(parameters[part])
                if on == NONE:
                    break
                if on & state != NONE:
                    following = following & np.uint64(parameters[part + 1]) | np.uint64(parameters[part + 2])
                part += OF_PART
            after[count] = following
            labels[count] = parameters[row + LABEL]
            flaws[count] = 0
            count += 1
        row += width
    return count


def check(state, wanted, parameters, scratch):
    """The properties that the state violates."""
    wrong, row = 0, parameters[FIRST_PROPERTY]
    for _ in range(parameters[PROPERTIES]):
        if np.uint64(parameters[row + 1]) & state != NONE and np.uint64(parameters[row + 2]) & state != NONE:
            last = np.uint64(parameters[row + 3]) & state != NONE
            if last == (parameters[row + 4] == 1):
                wrong |= parameters[row]
        row += OF_PROPERTY
    return wrong & wanted

"""The functions of :mod:`model.ranges.literal`, compiled by numba: the same source, some hundred times as fast.

Importing this module imports numba; compiled code is kept on disk.
"""

from numba.extending import register_jitable

import model.spaces.compiled as _spaces  # it registers what is done to a page
from model.ranges import blocks, literal, steps
from model.running.compiling import compile_on_disk

assert _spaces

for _plain in (blocks.low, blocks.cut, literal.has_nothing, literal.close_under, literal.crosses):
    register_jitable(_nrt=False)(_plain)  # they allocate nothing
for _helper in (
    literal.sources_and_targets,
    literal.name_units,
    literal.is_whole,
    literal.is_left_out,
    literal.decide,
    literal.rest_of,
    literal.leave_larger,
    literal.grow,
    literal.take,
    literal.put,
    literal.pass_at_once,
    literal.pass_ascending,
    literal.map_range,
    literal.grant_range,
    literal.flush_range,
):
    register_jitable(_helper)

every_step = compile_on_disk(steps.every_step)

"""The functions of :mod:`model.spaces.literal`, compiled by numba: the same source, some hundred times as fast.

Importing this module imports numba; compiled code is kept on disk.
"""

from numba.extending import register_jitable

from model.running.compiling import compile_on_disk
from model.spaces import literal as spaces
from model.spaces.keeping import keep

for _helper in (
    keep,
    spaces.evaluate,
    spaces.derives,
    spaces.clear,
    spaces.flush_below,
    spaces.replace,
    spaces.narrow_below,
    spaces.restrict_below,
    spaces.passed_on,
    spaces.is_refused,
    spaces.is_extended,
    spaces.is_kept,
    spaces.passes_nothing,
    spaces.is_refused_for_map,
):
    register_jitable(_nrt=False)(_helper)

evaluate = compile_on_disk(spaces.evaluate)
derives = compile_on_disk(spaces.derives)
map_ = compile_on_disk(spaces.map_)
grant = compile_on_disk(spaces.grant)
flush = compile_on_disk(spaces.flush)

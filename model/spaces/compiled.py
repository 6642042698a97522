"""The functions of :mod:`model.spaces.literal`, compiled by numba: the same source, some hundred times as fast.

Importing this module imports numba; compiled code is kept on disk.
"""

from numba.extending import register_jitable

from model.running.compiling import kept
from model.spaces import literal as spaces

for _helper in (
    spaces.evaluate,
    spaces.derives,
    spaces.clear,
    spaces.flush_below,
    spaces.replace,
    spaces.restrict_below,
    spaces.passed_on,
    spaces.is_refused,
    spaces.is_extended,
):
    register_jitable(_helper)

evaluate = kept(spaces.evaluate)
derives = kept(spaces.derives)
map_ = kept(spaces.map_)
grant = kept(spaces.grant)
flush = kept(spaces.flush)

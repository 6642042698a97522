"""The actions of :mod:`model.messages.literal`, compiled by numba: the same source, some hundred times as fast.

Importing this module imports numba; compiled code is kept on disk.
"""

from numba.extending import register_jitable

import model.spaces.compiled as _spaces  # it registers what map, grant and flush call
from model.messages import literal, literal_memory, literal_threads, steps, tables
from model.running.compiling import compile_on_disk
from model.spaces import literal as spaces

assert _spaces

for _helper in (
    spaces.map_,
    spaces.grant,
    spaces.flush,
    literal_threads.is_acting,
    literal_threads.is_kept_for,
    literal_threads.is_free,
    literal_threads.may_begin_in,
    literal_threads.create,
    literal_threads.end,
    literal_threads.associate,
    literal_memory.can_access,
    literal_memory.read,
    literal_memory.write,
    literal_memory.think,
    literal.has,
    literal.stop_waiting,
    literal.start_waiting,
    literal.is_own_window,
    literal.is_possible_wait,
    literal.deliver,
    literal.wait,
    literal.passes,
    literal.complete,
    literal.send,
    literal.is_accepted,
    literal.pass_page,
    literal.send_page,
    literal.is_buffer,
    literal.send_string,
    literal.flush,
    literal.timeout,
    literal.interrupt,
    literal.page_fault,
    literal.act,
):
    register_jitable(_nrt=False)(_helper)  # they own no array, so they count no references

register_jitable(tables.view)
every_step = compile_on_disk(steps.every_step)

"""The processors as data: each value, the source that states it, and the table of prices that follows."""

from machine.costs.events import PRICES, Event
from machine.costs.processor import Processor
from proofs.experiments.result import Cell, Experiment, Findings, Grid, Setting


def _values(processor: Processor) -> dict[str, Cell]:
    """Each stated value by its path in the file."""
    found: dict[str, Cell] = {}
    for path in processor.sources:
        first, *rest = path.split(".")
        at: object = processor
        if first == "buffer" and len(rest) == 3:
            at = processor.buffers[int(rest[1])]
        elif first == "caches":
            at = processor.caches[int(rest[0])]
        value = getattr(at, rest[-1] if rest else first)
        found[path] = "yes" if value is True else "no" if value is False else "?" if value is None else str(value)
    return found


def overview(rows: tuple[Processor, ...]) -> Grid:
    """What is known of each processor."""
    head = (
        "processor",
        "MHz",
        "crossing",
        "segment load",
        "buffer entries",
        "tagged",
        "refilled by",
        "miss",
        "cache miss",
    )

    def row(each: Processor) -> tuple[Cell, ...]:
        tagged = {True: "yes", False: "no", None: "?"}[each.tagged]
        miss = PRICES[Event.DATA_MISS](each)
        return (
            each.name,
            each.clock_mhz,
            each.crossing,
            each.segment_load,
            each.capacity,
            tagged,
            each.refill,
            each.miss,
            miss,
        )

    return Grid("Processors; costs in cycles", head, tuple(map(row, rows)), "What no source states is unknown: ?")


def prices(rows: tuple[Processor, ...]) -> Grid:
    """What each event costs on each processor of which any price is known."""
    told = [each for each in rows if any(PRICES[event](each).known for event in Event if event != Event.TABLE_READ)]
    found = tuple((event.value, *(PRICES[event](each) for each in told)) for event in Event)
    return Grid("Events and prices, in cycles", ("event", *(each.name for each in told)), found)


def run(setting: Setting) -> Findings:
    """All values, and with a processor named each of its values with the source."""
    grids = [overview(setting.rows), prices(setting.rows)]
    for each in (setting.subject,) if setting.subject else setting.rows:
        values = _values(each)
        rows = tuple((path, values[path], source) for path, source in each.sources.items())
        grids.append(Grid(f"{each.name}: {each.about}", ("value", "is", "source"), rows))
    return Findings("data", "Processors as data", grids=tuple(grids))


EXPERIMENT = Experiment("data", "the processors, their sources, and prices by event", run, ("processors", "prices"))

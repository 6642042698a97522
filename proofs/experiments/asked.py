"""Experiments as they are asked for: by name, for a processor by its name or file, with a trace of one's own."""

import os
from collections.abc import Sequence
from pathlib import Path

from machine.costs.processor import Processor
from machine.costs.reading import processors, read
from machine.costs.traces import TraceError, references
from model.near_names import near_names
from proofs.experiments.inventory import EXPERIMENTS, NAMES
from proofs.experiments.result import Experiment, Findings, Setting, Traced
from proofs.input.naming import NoSuchNameError


def experiments(name: str | None) -> list[Experiment]:
    """The experiment of that name; all without one.

    :raises NoSuchNameError: there is none.

    >>> [each.id for each in experiments("table1")]
    ['P2']
    """
    if name is None:
        return list(EXPERIMENTS.values())
    if name.lower() not in NAMES:
        names = [each for one in EXPERIMENTS.values() for each in (one.id, *one.aliases)]
        raise NoSuchNameError(f"no experiment is called {name!r}" + near_names(name, names))
    return [NAMES[name.lower()]]


def processor(name: str | os.PathLike[str]) -> Processor:
    """The processor of that name, or in that file.

    :raises NoSuchNameError: there is neither.
    :raises machine.costs.reading.ProcessorError: the file describes no processor.

    >>> processor("pentium").name
    'Pentium'
    """
    text = os.fspath(name)
    known = {each.lower(): each for each in processors()}
    if text.lower() in known:
        return processors()[known[text.lower()]]
    if not text.endswith(".toml") and not Path(text).exists():
        raise NoSuchNameError(f"no processor and no file is called {text!r}" + near_names(text, processors()))
    return read(Path(text))


def conduct(chosen: Sequence[Experiment], subject: Processor | None, trace: Path | None) -> list[Findings]:
    """Run experiments, for a processor of one's own if there is one.

    :param trace: whose misses are told apart; this is for P6 alone.
    :raises TraceError: the trace cannot be read, or is none.
    """
    rows = tuple(processors().values())
    if subject is not None and subject not in rows:
        rows = (*rows, subject)
    if trace is None:
        return [each.run(Setting(rows, subject)) for each in chosen]
    try:
        with trace.open(encoding="ascii") as lines:
            traced = Traced(trace.name, references(lines))
            return [each.run(Setting(rows, subject, traced)) for each in chosen]
    except OSError as error:
        raise TraceError(f"{trace}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TraceError(f"{trace}: this is no text; give a trace in din or of valgrind's lackey") from None
    except TraceError as error:
        raise TraceError(f"{trace}: {error}") from None

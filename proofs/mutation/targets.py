"""The targets of mutation, area by area, and who is asked whether a mutant is noticed."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import proofs
from model.spaces.dialect import DIALECTS

ROOT = Path(proofs.__file__).parent.parent

CHECK = (
    *("driver.driver", "driver.sequences", "driver.walk", "driver.closure", "driver.situations", "driver.steps"),
    *("driver.indexed", "driver.answers", "target.calls", "search.campaign", "search.shrink", "search.engine"),
    *("search.dialects", "search.descent", "finding.finding"),
)

# Not those of compiling, nor those that are too long without: mutants run as plain Python.
KERNEL_TESTS = ("kernel", "kernel_start", "lockstep", "mapping_tree", "page_table", "tags")
KERNEL_OBLIGATIONS = (
    *("empty__*", "initial__*", "kernel_*", "tree_*", "tags_*", "tags__*", "slot__*", "page_tables_*"),
    *("link_leaf__*", "unlink_leaf__*", "create_leaf__*", "remove_leaf__*", "move_node__*", "restrict_rights__*"),
    *("flush_below__*", "restrict_below__*", "is_below__*", "walker__*", "core_*", "hardware__*"),
)
MODEL_TESTS = (
    *("test_trace.py", "test_signature.py", "running/test_evaluate.py"),
    *(f"spaces/test_{name}.py" for name in ("abstraction", "appendix", "capture", "invariants")),
    *(f"spaces/test_{name}.py" for name in ("keeping", "literal", "theory")),
)

# Those that take milliseconds where nothing is compiled: tiny scopes, counted by formulas or by a plain search.
EXPLORER_TESTS = (
    *(f"test_{name}.py" for name in ("result", "system", "counting", "case", "small_scopes", "intrinsics")),
    *(f"states/test_{name}.py" for name in ("layout", "forest", "properties", "mapping", "unlabelled", "refinement")),
    *(f"states/test_{name}.py" for name in ("goal", "small_faults", "stepping", "symmetry", "wrong_operations")),
    *(f"searches/test_{name}.py" for name in ("table", "shootdown", "resources", "specialise", "stepped")),
    *(f"searches/test_{name}.py" for name in ("layers", "parts", "breadth_first", "bitmap")),
    *(f"searches/kernels/test_{name}.py" for name in ("search", "bitmap")),
    *("cores", "interleaved", "messages"),
)
SURROUNDINGS = ("named_after", "written", "objects", "outside", "classes")
CHECK_TESTS = (
    "refinement/check/driver",
    *(
        f"tests/refinement/check/{name}.py"
        for name in (
            *(f"driver/test_{each}" for each in ("driver", "sequences", "closure", "walk", "situations", "answers")),
            *("driver/test_indexed", "driver/test_steps", "target/test_calls", "finding/test_finding"),
            *("driver/test_masking", "driver/test_warming", "driver/test_bench"),
            *("search/test_dialects", "search/test_shrink", "search/test_engine", "search/test_search"),
            *("search/test_descent", "search/test_campaign", "search/test_remarks", "search/test_predicting"),
        )
    ),
)


def _named(package: str, modules: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{package}.{name}" for name in modules)


def _named_tests(folder: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


def _engine_tests(*names: str) -> tuple[str, ...]:
    return ("proofs/engines", *(f"tests/proofs/engines/{name}" for name in names))


@dataclass(frozen=True, slots=True)
class Area:
    """Modules whose mutants are to be noticed by the same tests and obligations.

    :param modules: modules and packages; those of a package are found by walking it.
    :param tests: files and folders of tests, from the project's root on.
    :param about: which obligations are asked first: those about ``code``, about the ``model``, or none.
    :param dialects: in which; all of them if empty. ``obligations`` are patterns of their ids.
    :param without: modules of these packages that are left out.
    :param longest: seconds of a processor that a test or an obligation may use while it is recorded; what uses more, or
        takes ten times as long, busy as others are, is not asked.
    :param quick: its tests take seconds, so that a quick run has it.
    """

    name: str
    title: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    about: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ("*",)
    without: tuple[str, ...] = ()
    longest: float = 120.0
    quick: bool = False

    def walk(self) -> Iterator[str]:
        """The names of all modules."""
        for name in self.modules:
            module = importlib.import_module(name)
            if hasattr(module, "__path__"):
                found = sorted(each.name for each in pkgutil.walk_packages(module.__path__, f"{name}."))
                yield from (each for each in found if each not in self.without)
            else:
                yield name


AREAS: dict[str, Area] = {
    area.name: area
    for area in (
        Area(
            "kernel",
            "the kernel's code",
            (
                "refinement.kernel.primitives",
                "refinement.kernel.operations",
                "refinement.kernel.kernel",
                "refinement.kernel.mapping_tree",
                "refinement.kernel.page_table",
                "refinement.kernel.tags",
            ),
            ("refinement/kernel", "refinement/rewriting.py", *_named_tests("refinement/kernel", KERNEL_TESTS)),
            about=("code",),
            dialects=("canonical", "tree"),
            obligations=KERNEL_OBLIGATIONS,
        ),
        Area(
            "theory",
            "the theory's actions and invariants",
            ("model.spaces.theory", "model.spaces.terms", "model.spaces.invariants"),
            ("model", *(f"tests/model/{name}" for name in MODEL_TESTS)),
            about=("model",),
            dialects=(*DIALECTS, "canonical with own_page=included"),
        ),
        Area(
            "model",
            "the literal model and what ties it to the theory",
            ("model.spaces.literal", "model.spaces.abstraction", "model.running.evaluate"),
            ("model", *(f"tests/model/{name}" for name in MODEL_TESTS)),
            quick=True,
        ),
        Area(
            "formats",
            "the paging formats",
            ("machine.formats",),
            ("machine", "tests/machine"),
            about=("code",),
            dialects=("canonical",),
            obligations=("x86_*", "sv*", "aarch64_*"),
        ),
        Area(
            "machine",
            "walker, buffers, core, memory",
            ("machine.walker", "machine.tlb", "machine.core", "machine.memory", "machine.batch", "machine.bits"),
            ("machine", "tests/machine"),
            quick=True,
        ),
        Area(
            "costs",
            "what the machine costs: processors, prices, ledgers, caches, traces",
            ("machine.costs",),
            ("machine/costs", "tests/machine/costs"),
        ),
        Area(
            "servers",
            "subsystems: how they are described, and the theory of each",
            ("model.servers",),
            ("model/servers", "tests/model/servers"),
        ),
        Area(
            "threads",
            "threads and messages of the kernel",
            ("refinement.messages",),
            ("refinement/messages", "tests/refinement/messages"),
            about=("code",),
            dialects=("canonical",),
            obligations=("threads_*",),
            longest=10.0,
        ),
        Area(
            "locks",
            "operations of many cores under locks",
            ("refinement.cores.locked",),
            ("refinement/cores", "tests/refinement/cores", "tests/proofs/explorer/interleaved"),
            about=("code",),
            dialects=("canonical",),
            obligations=("one_lock_*", "frame_locks_*", "slot_locks_*"),
            longest=30.0,
        ),
        Area(
            "ranges",
            "the kernel with ranges: its tree and tables with sizes, its operations, its comparison with the model",
            ("refinement.ranges",),
            ("refinement/ranges", "tests/refinement/ranges"),
            about=("code",),
            dialects=("canonical",),
            obligations=(
                "sized_*",
                "*__mapping__has__largest_leaves",
                "*__leaves__cover__their_mapping",
                "*__pages__see__their_frames",
                "*__large_leaf__says__what_was_encoded",
                "*__leaf_address__is__of_its_leaf",
                "*__halves__fill__one_table",
                "*__mapping__needs__tables",
                "*__pages__lie__below_tables",
            ),
            longest=30.0,
        ),
        Area(
            "range_theory",
            "the model of ranges: its theory, its literal form, its readings and traces",
            ("model.ranges",),
            ("model/ranges", "tests/model/ranges", "tests/proofs/obligations/ranges"),
            longest=30.0,
        ),
        Area(
            "cores",
            "machines of many cores: their kernels' steps and schedules, and the search of all interleavings",
            ("refinement.cores.stepping", "refinement.cores.locking", "refinement.cores.machine"),
            ("refinement/cores", "tests/refinement/cores", "tests/proofs/explorer/interleaved"),
            longest=30.0,
        ),
        Area(
            "core_theory",
            "the model of many cores: protocols, invariants, readings and traces",
            ("model.cores",),
            ("model/cores", "tests/model/cores", "tests/proofs/obligations/cores", "tests/proofs/explorer/cores"),
            longest=30.0,
        ),
        Area(
            "monitor",
            "the monitor of a kernel's log",
            ("refinement.monitor",),
            ("refinement/monitor", "tests/refinement/monitor"),
            longest=10.0,
        ),
        Area(
            "races",
            "threads that call a mapping database at once: schedules, histories, what is said of them",
            ("refinement.check.races",),
            ("refinement/check", "tests/refinement/check/races"),
            longest=10.0,
        ),
        Area(
            "c_code",
            "what executes C on terms, and what is said of a refutation",
            ("proofs.execution.llvm", "proofs.obligations.c_code", "proofs.c_code"),
            ("proofs/obligations/c_code", "tests/proofs/obligations/c_code", "tests/proofs/c_code"),
            longest=30.0,
        ),
        Area(
            "certificates",
            "formulas as they are read, their clauses, and the certificates of these",
            _named("proofs.engines", ("certificate", "terms")),
            _engine_tests("certificate", "terms"),
            longest=10.0,
        ),
        Area(
            "solvers",
            "what is asked of the solvers, their joint verdict, and what confirms their models",
            ("proofs.verdict", *_named("proofs.engines", ("smt", "pool"))),
            (*_engine_tests("smt", "test_pool.py", "test_isolation.py"), "tests/proofs/test_verdict.py"),
            longest=10.0,
        ),
        Area(
            "induction",
            "the search of steps from states that may not be reachable",
            ("proofs.engines.search.induction",),
            _engine_tests("search"),
            longest=10.0,
        ),
        Area(
            "evidence",
            "what says proved: invariants that are kept together, results, verdicts, exit statuses",
            ("proofs.inductive", "proofs.prove", "proofs.result"),
            (
                *("proofs/inductive.py", "proofs/prove.py", "proofs/result.py"),
                *_named_tests("proofs", ("inductive", "prove", "prove_steps", "undecided", "verdict")),
            ),
            longest=30.0,
        ),
        Area(
            "surroundings",
            "what executed code has around it: which names, classes and objects run nothing that no proof executes",
            _named("proofs.execution", SURROUNDINGS),
            (
                *(f"proofs/execution/{name}.py" for name in SURROUNDINGS),
                *_named_tests("proofs/execution", SURROUNDINGS),
            ),
            longest=10.0,
        ),
        Area(
            "execution",
            "what executes code on terms, and the conditions that come of it",
            ("proofs.execution", "proofs.obligations.code"),
            (
                "proofs/execution",
                "proofs/obligations/code.py",
                "tests/proofs/obligations/test_conditions.py",
                "tests/proofs/execution",
            ),
            without=_named("proofs.execution", SURROUNDINGS),
        ),
        Area(
            "explorer",
            "the explorer's kernels and search",
            ("proofs.explorer",),
            ("proofs/explorer", *(f"tests/proofs/explorer/{name}" for name in EXPLORER_TESTS)),
            longest=2.0,
        ),
        Area(
            "check",
            "the check's driver and search",
            _named("refinement.check", CHECK),
            CHECK_TESTS,
            longest=2.0,
        ),
    )
}
"""All areas, by name."""

PACKAGES = ("model", "machine", "refinement", "proofs", "musigma")


def outside() -> dict[str, tuple[list[str], bool]]:
    """Of each package the modules that are in no area, if there are any, and whether others of it are in one."""
    inside = {module for area in AREAS.values() for module in area.walk()}
    found: dict[str, tuple[list[str], bool]] = {}
    for top in PACKAGES:
        for each in pkgutil.walk_packages(importlib.import_module(top).__path__, f"{top}."):
            package, _, name = each.name.rpartition(".")
            if not each.ispkg:
                names, some = found.get(package, ([], False))
                found[package] = (names, True) if each.name in inside else ([*names, name], some)
    return {package: (names, some) for package, (names, some) in found.items() if names}

"""The kill matrix: each fault against each engine that is meant for it, and each obligation against the faults.

A fault that an engine meant for it does not find, an obligation that no fault fells, and an engine that finds fault
with what has none, all fail the run.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model.spaces.dialect import CANONICAL
from proofs.engines.jobs import Job, JobFailed, run_jobs
from proofs.engines.pool import Workers
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.faults.catalogue.mechanism import Mechanism
from proofs.faults.fault_file import with_faults_of
from proofs.faults.hunts import (
    exploration,
    interleaving,
    message_machine,
    proof,
    reference,
    sized,
    sized_machine,
    state_machine,
)
from proofs.faults.hunts import proof_of_code as code
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.faults.theory import (
    ALL_THEORY_FAULTS,
    THEORY_FAULTS,
    CoreFault,
    MessageFault,
    OwnershipFault,
    RangeFault,
    TheoryFault,
)
from proofs.obligation import Obligation
from proofs.obligations.cores.inventory import of_cores, prefix
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.ownership import inventory as ownership
from proofs.registry import known, registry
from proofs.two_runs import about_model
from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED
from refinement.faults.messages import MESSAGE_FAULTS
from refinement.faults.ranges import SIZED_FAULTS
from refinement.faults.tables_and_tags import KERNEL_FAULTS
from refinement.kernel.kernel import Kernel
from refinement.messages.kernel import MessageKernel
from refinement.ranges.kernel import SizedKernel

LIMIT = 180.0  # seconds for one engine and one change
UNDER_WAY = 6  # jobs scheduled at a time
HEALTHY_WALKS = 15
ENGINES = tuple(Engine)
JUDGES = (Engine.PROOF, Engine.CODE, Engine.EXPLORATION)  # whose findings name obligations

OnFinding = Callable[[HuntResult], None]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The findings of one run: each mechanism against each engine.

    :param rows: the mechanisms, each with a finding for each of its changes and each engine meant for it.
    :param controls: what the engines say of what has no fault: it must survive.
    :param felled: by which changes and engines each obligation fell; empty if obligations were not judged.
    :param unfelled: obligations that no fault fells.
    :param refuted: obligations that no dialect proves, and dialects in which the reading takes the place of a fault.
    :param unsound: obligations that are not proved where they should be, and why.
    :param code_judged: the obligations about code were judged as well.
    :param unsettled: obligations of which it stayed undecided whether they are proved, or fall, and why.
    """

    rows: tuple[tuple[Mechanism, tuple[HuntResult, ...]], ...]
    controls: tuple[HuntResult, ...]
    felled: Mapping[str, tuple[HuntResult, ...]]
    unfelled: tuple[str, ...]
    refuted: Mapping[str, tuple[str, ...]]
    unsound: Mapping[str, str]
    seconds: float = 0.0
    code_judged: bool = False
    unsettled: Mapping[str, str] = field(default_factory=dict)

    def _ending(self, *endings: HuntEnding) -> list[HuntResult]:
        return [finding for _, findings in self.rows for finding in findings if finding.ending in endings]

    @property
    def survivors(self) -> list[HuntResult]:
        """Faults that an engine meant for them did not find."""
        return self._ending(HuntEnding.SURVIVED)

    @property
    def undecided(self) -> list[HuntResult]:
        """Where an engine failed, or could not run."""
        broken = [finding for finding in self.controls if finding.ending in (HuntEnding.ERROR, HuntEnding.UNAVAILABLE)]
        return self._ending(HuntEnding.ERROR, HuntEnding.UNAVAILABLE) + broken

    @property
    def alarms(self) -> list[HuntResult]:
        """Where an engine finds fault with what has none."""
        return [finding for finding in self.controls if finding.killed]

    @property
    def exit_status(self) -> int:
        """0: every fault is killed by every engine meant for it, and every obligation can fall."""
        if self.survivors or self.unfelled or self.unsound or self.alarms:
            return EXIT_FAILED
        return EXIT_INCOMPLETE if self.undecided or self.unsettled or not self.rows else EXIT_PASSED


def meant(mechanism: Mechanism) -> Iterator[tuple[Engine, str]]:
    """The engines that are meant for a mechanism's changes."""
    for change in mechanism.theory:
        if proof.is_meant(change):
            yield Engine.PROOF, change
        if exploration.is_meant(change):
            yield Engine.EXPLORATION, change
    yield from ((Engine.STATE_MACHINE, change) for change in mechanism.kernel)
    yield from ((Engine.CODE, change) for change in (*mechanism.kernel, *mechanism.code) if change in code.CODE_FAULTS)
    yield from ((Engine.CHECK, change) for change in (*mechanism.reference, *mechanism.sized))
    yield from ((Engine.INTERLEAVING, change) for change in mechanism.interleaved)


def find_in_kernel(change: str) -> HuntResult:
    """Ask the state machines of a broken kernel; of the healthy ones for the empty name."""
    if change in MESSAGE_FAULTS:
        return message_machine.find(change, MESSAGE_FAULTS[change].kernel)
    if change in SIZED_FAULTS:
        return sized_machine.find(change, SIZED_FAULTS[change].kernel)
    if not change:
        for healthy in (
            message_machine.find(change, MessageKernel, walks=HEALTHY_WALKS),
            sized_machine.find(change, SizedKernel, walks=HEALTHY_WALKS // 3),
        ):
            if healthy.killed:
                return healthy
    return state_machine.find(change, KERNEL_FAULTS[change].kernel if change else Kernel)


def _job(engine: Engine, change: str, whole: bool, few: bool, proved: frozenset[str], source: str) -> Job[Any, Any]:
    """What hunts a change, with an engine that needs nothing but its name, and the file that defines it."""
    if engine == Engine.CODE:
        mine = frozenset(name for name in proved if code.concerns(code.CODE_FAULTS[change], name))
        return Job((engine, change), code.find, (change, whole, few, mine))
    if engine == Engine.EXPLORATION:
        find = exploration.find if change else exploration.find_nothing
        return Job((engine, change), with_faults_of, (source, find, change))
    if change.startswith(sized.PREFIX):
        return Job((engine, change), sized.find, (change,))
    if engine == Engine.INTERLEAVING:
        return Job((engine, change), interleaving.find, (change,))
    return Job((engine, change), find_in_kernel if engine == Engine.STATE_MACHINE else reference.find, (change,))


def run(
    workers: Workers,
    mechanisms: Sequence[Mechanism] = tuple(CATALOGUE.values()),
    *,
    engines: Collection[Engine] = ENGINES,
    judge: bool = True,
    whole: bool = False,
    source: str = "",
    proved_before: frozenset[str] = frozenset(),
    on_finding: OnFinding = lambda finding: None,
) -> Matrix:
    """Set the engines on the mechanisms.

    :param judge: say of every obligation by what it falls; this takes the whole catalogue.
    :param whole: name every obligation that falls by a fault, not only enough of them.
    :param source: the file that defines the faults, if they are not the project's.
    :param proved_before: obligations about code that another run has proved of the code that runs.
    """
    pairs = [(e, change) for mechanism in mechanisms for e, change in meant(mechanism) if e in engines]
    controlled = (Engine.EXPLORATION, Engine.STATE_MACHINE, Engine.CHECK, Engine.INTERLEAVING)
    controls = [(e, "") for e in controlled if any(p[0] == e for p in pairs)]
    found: dict[tuple[Engine, str], HuntResult] = {}
    grounds = proof.Grounds({}, (), {}, {})

    def hunt(jobs: Iterable[Job[Any, Any]]) -> None:
        for (engine, change), ended in run_jobs(workers.pool, jobs, LIMIT, UNDER_WAY):
            finding = finding_of(ended, engine, change)
            if engine == Engine.PROOF and finding.ending == HuntEnding.SURVIVED and grounds.undecided:
                finding = replace(finding, ending=HuntEnding.ERROR, said=f"undecided without it: {_first(grounds)}")
            found[engine, change] = finding
            on_finding(finding)

    in_code = [change for engine, change in pairs if engine == Engine.CODE]
    proved = proved_before | _proved_of_code(workers, in_code, not judge, proved_before)
    hunt(_job(e, change, whole, not judge, proved, source) for e, change in (*controls, *pairs) if e != Engine.PROOF)
    felled, unfelled, unsettled = dict[str, tuple[HuntResult, ...]](), list[str](), dict[str, str]()
    theory = [change for engine, change in pairs if engine == Engine.PROOF]
    if theory:
        grounds = proof.grounds(workers, _obligations(theory, judge), _elsewhere(theory))
        unsettled.update(grounds.undecided)
        hunt(
            Job((Engine.PROOF, name), with_faults_of, (source, proof.find, name, _concerned(grounds, name), whole))
            for name in theory
        )
    code_judged = judge and Engine.CODE in engines
    if judge and theory:
        felled, unfelled, left = _judge(workers, grounds, found, code.judged() if code_judged else [])
        unsettled.update(left)
    return Matrix(
        tuple((m, tuple(found[pair] for pair in meant(m) if pair in found)) for m in mechanisms),
        tuple(found[pair] for pair in controls),
        felled,
        tuple(unfelled),
        grounds.refuted if judge else {},
        grounds.failed if judge else {},
        code_judged=code_judged,
        unsettled=unsettled,
    )


def _proved_of_code(
    workers: Workers, changes: Sequence[str], few: bool, known_before: frozenset[str]
) -> frozenset[str]:
    """What is proved of the code that runs, of all that is expected to fall and not known: each asked once.

    Those about the same function are asked by one worker, which executes it once. What is not proved, or stayed
    undecided, is asked again by the hunt in which it falls.
    """
    units: dict[str, list[str]] = {}
    for name in code.expected(changes, few):
        if name not in known_before:
            units.setdefault(name.partition("__")[0], []).append(name)
    jobs = [Job(unit, code.proved_among, (tuple(names),)) for unit, names in units.items()]
    proved = (ended for _, ended in run_jobs(workers.pool, jobs, LIMIT, UNDER_WAY))
    return frozenset(name for ended in proved if not isinstance(ended, JobFailed) for name in ended)


def _first(grounds: proof.Grounds) -> str:
    """What stayed undecided first."""
    name, why = next(iter(grounds.undecided.items()))
    return f"{name}: {why}"


def _obligations(changes: Sequence[str], judge: bool) -> list[str]:
    """The obligations that the faults can fell; all, if they are judged."""
    faults = [ALL_THEORY_FAULTS[change] for change in changes]
    cores = tuple({prefix(fault.right) for fault in faults if isinstance(fault, CoreFault)})
    pages = tuple({ownership.prefix(fault.right) for fault in faults if isinstance(fault, OwnershipFault)})
    others = [fault for fault in faults if not isinstance(fault, CoreFault | OwnershipFault)]
    actions = {fault.action if isinstance(fault, TheoryFault | MessageFault | RangeFault) else "" for fault in others}

    def concerned(name: str, action: str) -> bool:
        if name in of_cores() or name in ownership.of_ownership():
            return name.startswith((*cores, *pages))
        return action in actions

    return [
        o.id
        for o in known().values()
        if about_model(o)
        and (not o.sometimes or o.id in of_messages() or o.id in of_cores() or o.id in ownership.of_ownership())
        and (judge or (concerned(o.id, o.action) and o.applies(CANONICAL.readings)))
    ]


def _elsewhere(changes: Sequence[str]) -> frozenset[str]:
    """The dialects of faults that the canonical one cannot have."""
    faults = (THEORY_FAULTS[change] for change in changes if change in THEORY_FAULTS)
    return frozenset(exploration.dialect_for(fault).name for fault in faults) - {CANONICAL.name}


def _concerned(grounds: proof.Grounds, change: str) -> list[proof.ProofContext]:
    """The obligations that can notice a change, each with the dialect and the invariants from which it is proved."""
    every = (*grounds.proved.values(), *grounds.more)
    return [ground for ground in every if proof.concerns(ALL_THEORY_FAULTS[change], ground)]


def finding_of(ended: Any, engine: Engine, change: str) -> HuntResult:
    """The finding of a job; whatever went wrong is an error, never a kill and never a survivor."""
    if isinstance(ended, JobFailed):
        return HuntResult(engine, change, HuntEnding.ERROR, said=ended.reason)
    found: HuntResult = ended
    return found


def _judge(
    workers: Workers,
    grounds: proof.Grounds,
    found: Mapping[tuple[Engine, str], HuntResult],
    about_code: Sequence[str],
) -> tuple[dict[str, tuple[HuntResult, ...]], list[str], dict[str, str]]:
    """By what each obligation falls; those that nothing fells; those of which that stayed undecided, and why.

    An obligation about every step falls by a proof, one about some step by an exploration that finds none.
    """
    sometimes = {o.id for o in registry().values() if isinstance(o, Obligation) and o.sometimes}
    felled: dict[str, list[HuntResult]] = {}
    for finding in sorted(found.values(), key=lambda finding: finding.engine == Engine.EXPLORATION):
        for name in finding.fell if finding.killed and finding.engine in JUDGES else ():
            if finding.engine != Engine.EXPLORATION or name in felled or name in sometimes:
                felled.setdefault(name, []).append(finding)
    jobs: list[Job[str, HuntResult | None]] = [
        Job(o, proof.find_for, (ground,)) for o, ground in grounds.proved.items() if o not in felled
    ]
    jobs += [Job(name, exploration.find_for, (name,)) for name in sorted(sometimes - set(felled))]
    jobs += [Job(name, code.find_for, (name,)) for name in about_code if name not in felled]
    unfelled, unsettled = [], {}
    for name, ended in run_jobs(workers.pool, jobs, LIMIT, UNDER_WAY):
        by = None if ended is None else finding_of(ended, Engine.PROOF, name)
        if by is None:
            unfelled.append(name)
        elif by.killed:
            felled[name] = [by]
        else:
            unsettled[name] = f"whether it falls: {by.said}"
    return {name: tuple(felled[name]) for name in known() if name in felled}, sorted(unfelled), unsettled

"""The claims of the paper about its model: C1 to C12, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the paper: its id, where it stands, and what it says.

    ``shown`` is what its obligations say, side conditions included: a verdict is one of this sentence. ``rests_on`` are
    other claims without which it says less than it seems to.
    """

    id: str
    where: str
    title: str
    statement: str
    shown: str
    rests_on: tuple[str, ...] = ()


CLAIMS: Mapping[str, Claim] = MappingProxyType(
    {
        claim.id: claim
        for claim in (
            Claim(
                "C1",
                "Appendix A",
                "no cycles",
                "grant, map and flush establish no cycle",
                "at first no slot derives from itself, and no step that is taken makes one do so",
            ),
            Claim(
                "C2",
                "2.1, Appendix A",
                "flush is complete",
                "a flushed page stays with the flusher, and goes from all who got it from there, and from no other",
                "after a flush of all rights nothing derives from the page, and what derived from it shows no "
                "frame; after one of some rights exactly these are lost there; the page itself, unless the "
                "dialect takes it too, and whatever does not derive from it are as before",
            ),
            Claim(
                "C3",
                "Appendix A",
                "P is stable",
                "the physical address of a page never changes except by flushing",
                "in one step the frame in P changes for no page but the destination, which is replaced, and the "
                "page granted, which moves; a page that stays in use and was not replaced shows the frame that it"
                " showed",
            ),
            Claim(
                "C4",
                "Appendix A",
                "P is σ",
                "P_v = σ(v) for every page",
                "P_v = σ(v) for every page after each step, from a state in which the invariants hold; in "
                "canonical and tree also that page tables and buffers of the simulated machine show no other",
            ),
            Claim(
                "C5",
                "Appendix A",
                "trees implement σ",
                "the mapping tree implements grant, map and flush",
                "a grant does what A.tree.grant does, but for one of a page onto itself or an ancestor; and where"
                " a mapping tree of ours implements the dialect, its code does each step as the theory does",
            ),
            Claim(
                "C6",
                "2.1, Fig. 1",
                "grant hands over",
                "a granted page leaves the granter, and its bookkeeping runs past the granter",
                "after a grant to another slot the granter's is nil; a flush, in the very next step, of a page "
                "that the granted one came from reaches the grantee, and one of the granter's slot changes "
                "nothing",
            ),
            Claim(
                "C7",
                "2.1",
                "flush needs no consent",
                "flushing is safe, since it is restricted to own pages",
                "a flush changes nothing but the page flushed and what derives from it, by the definition of the step",
            ),
            Claim(
                "C8",
                "2.1",
                "no forging",
                "only pages that the mapper or granter can access are ever passed on",
                "in one step a frame appears in P only at the destination, and only if P has it at the source; a "
                "flush gives nothing",
            ),
            Claim(
                "C9",
                "2.1",
                "no widening",
                "rights can be restricted on the way, and never widened",
                "in one step a right appears only at the destination, only if it was asked for and the source has"
                " it; in every reachable state no slot has a right that a slot it derives from lacks",
            ),
            Claim(
                "C10",
                "2",
                "independence, integrity",
                "nobody can disturb or corrupt what another guarantees, and others can rely on that",
                "of memory, in one step: others' slots change only where they are the destination, whose owner is"
                " taken to agree, or derive from it or from the actor's page; a frame stays with a set of spaces "
                "that passes nothing outward; a chain of trust is changed by nobody outside; and what a set does "
                "not see makes no difference to a step of a member and to the answers among members",
                rests_on=("C2", "C4", "C11"),
            ),
            Claim(
                "C11",
                "2.1, 3",
                "managers stack",
                "managers stand on top of each other, and a flush takes back exactly what that level gave",
                "every frame is held by some slot after each step; and a map followed at once by a flush of all "
                "rights of the same page leaves exactly what neither derived from it nor was replaced, and all "
                "levels above",
            ),
            Claim(
                "C12",
                "Appendix A",
                "cheap",
                "σ(v) is never evaluated; map and grant cost O(1), flush costs O(size of the subtree)",
                "of our tree's code: σ(v) is never evaluated; outside of its loops an operation touches at most a"
                " number of cells that does not depend on the state; a loop runs twice as often as there are "
                "nodes to erase or narrow. So map and grant are O(1) only into an empty destination, with nothing"
                " to narrow, and where the question of ancestors is answered at once; else they cost what a flush"
                " costs",
            ),
        )
    }
)

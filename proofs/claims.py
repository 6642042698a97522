"""What the paper claims of its model: C1 to C12, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the paper: its id, where it stands, and what it says."""

    id: str
    where: str
    title: str
    statement: str


CLAIMS: Mapping[str, Claim] = MappingProxyType(
    {
        claim.id: claim
        for claim in (
            Claim("C1", "Appendix A", "no cycles", "grant, map and flush establish no cycle"),
            Claim(
                "C2",
                "2.1, Appendix A",
                "flush is complete",
                "a flushed page stays with the flusher, and goes from all who got it from there, and from no other",
            ),
            Claim("C3", "Appendix A", "P is stable", "the physical address of a page never changes except by flushing"),
            Claim("C4", "Appendix A", "P is σ", "P_v = σ(v) for every page"),
            Claim("C5", "Appendix A", "trees implement σ", "the mapping tree implements grant, map and flush"),
            Claim(
                "C6",
                "2.1, Fig. 1",
                "grant hands over",
                "a granted page leaves the granter, and its bookkeeping runs past the granter",
            ),
            Claim("C7", "2.1", "flush needs no consent", "flushing is safe, since it is restricted to own pages"),
            Claim("C8", "2.1", "no forging", "only pages that the mapper or granter can access are ever passed on"),
            Claim("C9", "2.1", "no widening", "rights can be restricted on the way, and never widened"),
            Claim(
                "C10",
                "2",
                "independence, integrity",
                "nobody can disturb or corrupt what another guarantees, and others can rely on that",
            ),
            Claim(
                "C11",
                "2.1, 3",
                "managers stack",
                "managers stand on top of each other, and a flush takes back exactly what that level gave",
            ),
            Claim(
                "C12",
                "Appendix A",
                "cheap",
                "σ(v) is never evaluated; map and grant cost O(1), flush costs O(size of the subtree)",
            ),
        )
    }
)

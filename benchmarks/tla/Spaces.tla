------------------------------- MODULE Spaces -------------------------------
(* The dialect "tree" of the address space model, without rights. *)
EXTENDS Naturals, TLC
CONSTANTS Spaces, Pages, Frames
VARIABLE element    \* by slot: 0 nil, 1..Frames a frame, Frames + 1 + y a link to slot y

Slots == 0 .. Spaces * Pages - 1
Link(y) == Frames + 1 + y
IsLink(e) == e > Frames
Parent(e) == e - Frames - 1

\* Whether the links from slot x lead to a frame within n steps.
RECURSIVE Shows(_, _, _)
Shows(f, x, n) == IF IsLink(f[x]) THEN n > 0 /\ Shows(f, Parent(f[x]), n - 1) ELSE f[x] # 0

\* The slots in below, and all that derive from them.
RECURSIVE Closure(_, _)
Closure(f, below) ==
  LET more == {x \in Slots \ below : IsLink(f[x]) /\ Parent(f[x]) \in below}
  IN IF more = {} THEN below ELSE Closure(f, below \cup more)

\* Everything that derives from slot d is emptied.
Flushed(d) ==
  LET doomed == TLCEval(Closure(element, {d}) \ {d})
  IN TLCEval([x \in Slots |-> IF x \in doomed THEN 0 ELSE element[x]])

Flush(x) == element[x] # 0 /\ element' = Flushed(x)

Map(s, d) ==
  /\ element[s] # 0
  /\ LET f == [Flushed(d) EXCEPT ![d] = 0]
     IN element' = IF Shows(f, s, Spaces * Pages) THEN [f EXCEPT ![d] = Link(s)] ELSE f

Grant(s, d) ==
  /\ element[s] # 0
  /\ LET f == [Flushed(d) EXCEPT ![d] = 0]
     IN element' = [x \in Slots |-> CASE x = d -> f[s]
                                      [] x = s -> 0
                                      [] OTHER -> IF f[x] = Link(s) THEN Link(d) ELSE f[x]]

Init == element = [x \in Slots |-> IF x < Frames THEN x + 1 ELSE 0]
Next == \/ \E x \in Slots : Flush(x)
        \/ \E s \in Slots, d \in Slots : s # d /\ (Map(s, d) \/ Grant(s, d))

NoCycleNoDanglingLink == \A x \in Slots : element[x] # 0 => Shows(element, x, Spaces * Pages)
FrameHeldOnce ==
  \A x, y \in Slots : x # y /\ element[x] = element[y] => element[x] = 0 \/ IsLink(element[x])
=============================================================================

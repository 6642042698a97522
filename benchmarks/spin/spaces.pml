/* The dialect "tree" of the address space model, without rights, in plain Promela.
 *
 *     spin -a -DSPACES=3 -DPAGES=2 -DFRAMES=2 spaces.pml && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan
 *
 * element[x] is what slot x holds: 0 nil, 1..FRAMES a frame, FRAMES + 1 + y a link to slot y.
 * Each operation on each pair of slots is one atomic choice, listed in choices.pml, which the benchmark writes: MAP(s, d)
 * and GRANT(s, d) for each pair of different slots, FLUSH(s) for each slot. The invariants are asserted after each.
 * The scratch variables are cleared after use, so that they add no states; SPIN counts one state and two transitions
 * more than the model has, those of the initialisation.
 */
#define SLOTS (SPACES * PAGES)
#define LINK (FRAMES + 1)

byte element[SLOTS];
byte at, steps, x, saved;
bool doomed[SLOTS], shows;

inline clear_scratch() {
  at = 0; steps = 0; saved = 0; shows = false; x = 0;
  do
  :: x < SLOTS -> doomed[x] = false; x++
  :: else -> break
  od;
  x = 0
}

/* shows := the links from slot s lead to a frame */
inline walk(s) {
  at = s; steps = 0;
  do
  :: element[at] >= LINK && steps <= SLOTS -> at = element[at] - LINK; steps++
  :: else -> break
  od;
  shows = (element[at] > 0 && element[at] < LINK)
}

/* everything that derives from slot d becomes nil */
inline flush_below(d) {
  x = 0;
  do
  :: x < SLOTS ->
     at = x; steps = 0;
     do
     :: element[at] >= LINK && steps <= SLOTS ->
        at = element[at] - LINK; steps++;
        if
        :: at == d -> doomed[x] = true; break
        :: else
        fi
     :: else -> break
     od;
     x++
  :: else -> break
  od;
  x = 0;
  do
  :: x < SLOTS ->
     if
     :: doomed[x] -> element[x] = 0
     :: else
     fi;
     x++
  :: else -> break
  od
}

inline map(s, d) {
  flush_below(d);
  element[d] = 0;
  walk(s);
  if
  :: shows -> element[d] = LINK + s
  :: else
  fi
}

inline grant(s, d) {
  flush_below(d);
  element[d] = 0;
  saved = element[s];
  x = 0;
  do
  :: x < SLOTS ->
     if
     :: element[x] == LINK + s -> element[x] = LINK + d
     :: else
     fi;
     x++
  :: else -> break
  od;
  element[d] = saved;
  element[s] = 0
}

/* no cycle, no dangling link, no frame held twice */
inline check() {
  x = 0;
  do
  :: x < SLOTS ->
     if
     :: element[x] > 0 ->
        walk(x);
        assert(shows);
        if
        :: element[x] < LINK -> assert(!(saved & (1 << element[x]))); saved = saved | (1 << element[x])
        :: else
        fi
     :: else
     fi;
     x++
  :: else -> break
  od
}

#define DONE saved = 0; check(); clear_scratch()
#define MAP(s, d) :: d_step { element[s] > 0 -> map(s, d); DONE }
#define GRANT(s, d) :: d_step { element[s] > 0 -> grant(s, d); DONE }
#define FLUSH(s) :: d_step { element[s] > 0 -> flush_below(s); DONE }

active proctype user() {
  d_step {
    x = 0;
    do
    :: x < FRAMES -> element[x] = 1 + x; x++
    :: else -> break
    od;
    clear_scratch()
  };
end:
  do
#include "choices.pml"
  od
}

/* The same system as spaces.pml with the operations in embedded C: as fast as SPIN can be made to go. */
#define SLOTS (SPACES * PAGES)

byte element[SLOTS];

c_decl {
#define LINK (FRAMES + 1)
#define NSLOTS (SPACES * PAGES)
extern void (*uerror)(char *);
}

c_code {
static int shows(const unsigned char *element, int at) {
  int steps = 0;
  while (element[at] >= LINK && steps++ <= NSLOTS)
    at = element[at] - LINK;
  return element[at] > 0 && element[at] < LINK;
}

static void flush_below(unsigned char *element, int d) {
  unsigned char doomed[NSLOTS];
  int x;
  for (x = 0; x < NSLOTS; x++) {
    int at = x, steps = 0;
    doomed[x] = 0;
    while (element[at] >= LINK && steps++ <= NSLOTS) {
      at = element[at] - LINK;
      if (at == d) {
        doomed[x] = 1;
        break;
      }
    }
  }
  for (x = 0; x < NSLOTS; x++)
    if (doomed[x])
      element[x] = 0;
}

static void check(const unsigned char *element) {
  int x, held = 0;
  for (x = 0; x < NSLOTS; x++) {
    if (element[x] && !shows(element, x))
      uerror("a cycle or a dangling link");
    if (element[x] && element[x] < LINK) {
      if (held & 1 << element[x])
        uerror("a frame is held twice");
      held |= 1 << element[x];
    }
  }
}

static void map(unsigned char *element, int s, int d) {
  flush_below(element, d);
  element[d] = 0;
  if (shows(element, s))
    element[d] = LINK + s;
  check(element);
}

static void grant(unsigned char *element, int s, int d) {
  int x;
  flush_below(element, d);
  element[d] = 0;
  for (x = 0; x < NSLOTS; x++)
    if (element[x] == LINK + s)
      element[x] = LINK + d;
  element[d] = element[s];
  element[s] = 0;
  check(element);
}

static void flush(unsigned char *element, int s) {
  flush_below(element, s);
  check(element);
}
}

#define MAP(s, d) :: d_step { c_expr { now.element[s] } -> c_code { map(now.element, s, d); } }
#define GRANT(s, d) :: d_step { c_expr { now.element[s] } -> c_code { grant(now.element, s, d); } }
#define FLUSH(s) :: d_step { c_expr { now.element[s] } -> c_code { flush(now.element, s); } }

active proctype user() {
  c_code { int x; for (x = 0; x < FRAMES; x++) now.element[x] = 1 + x; };
end:
  do
#include "choices.pml"
  od
}

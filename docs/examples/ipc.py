"""Threads and messages in Python, on top of ``mapdb.py``: ``Kernel`` is right, ``Leaky`` is not.

It imports nothing of musigma.

    musigma check docs/examples/ipc.py:Kernel
    musigma check docs/examples/ipc.py:Leaky
"""

from mapdb import DONE, REFUSED, MappingDatabase


class Thread:
    """A thread: its id, space and pager; for whom it waits, with which window; what it received."""

    def __init__(self, name, space, pager, line=False):
        self.id, self.space, self.pager, self.line = name, space, pager, line
        self.partner = self.window = self.sender = self.word = self.server = None

    def waits_for(self, name):
        return self.partner in ("any", name)

    def wait(self, partner, window):
        self.partner, self.window, self.sender, self.word = partner, window, None, None

    def receive(self, sender, word):
        self.partner, self.window, self.sender, self.word = None, None, sender, word


class Kernel(MappingDatabase):
    """A receiver waits, with a window; a sender finds it waiting or is refused; so there is no queue."""

    def init_threads(self, threads, ids, versions, booted, lines, ports):
        if versions != 1:
            return REFUSED
        # init made this object afresh, so there is nothing to clear
        self.running, self.begun, self.given, self.used_spaces = {}, set(), set(), {0}
        self.first_port = len(self.mappings) - ports
        for n in range(booted + lines):
            space = 0 if n >= booted else min(n, self.spaces - 1)
            self.begin(n, n, space, None if n == 0 else 0, line=n >= booted)
        return DONE

    def begin(self, thread, name, space, pager, line=False):
        self.running[thread] = Thread(name, space, pager, line)
        self.begun.add(thread)
        self.given.add(name)
        self.used_spaces.add(space)
        return DONE

    def acting(self, thread):
        t = self.running.get(thread)
        return None if t is None or t.line or t.partner is not None else t

    def called(self, name):
        return next((t for t in self.running.values() if t.id == name), None)

    def wait(self, thread, partner, window):
        t = self.acting(thread)
        if t is None:
            return REFUSED
        t.wait(partner, window)
        return DONE

    def send(self, thread, partner, word, item, name, next_partner, window):
        t, receiver = self.acting(thread), self.called(partner)
        if t is None or receiver is None or not receiver.waits_for(t.id):
            return REFUSED
        if item is not None and self.passes(t, receiver, *item) == REFUSED:
            return REFUSED
        receiver.receive(t.id, word)
        t.wait(next_partner, window)
        return DONE

    def passes(self, t, receiver, kind, src, dst, rights):
        """The page that comes with a message."""
        if not self.is_open(receiver, dst):
            return REFUSED
        _, frame, _ = self.mappings.get((t.space, src), (None, -1, 0))
        if frame >= self.first_port and src != dst:
            return REFUSED
        return getattr(self, kind)(t.space, src, receiver.space, dst, rights)

    def is_open(self, receiver, page):
        return receiver.window in ("all", page)

    def thread(self, thread):
        t = self.running.get(thread)
        return None if t is None else ("waits" if t.partner is not None else "runs", t.space, t.sender, t.word)

    def create(self, thread, begun, name, space, pager):
        t = self.acting(thread)
        if t is None or begun in self.begun or name in self.given:
            return REFUSED
        if space != t.space and space in self.used_spaces:
            return REFUSED
        return self.begin(begun, name, space, pager)

    def end(self, thread, name):
        t, ended = self.acting(thread), self.called(name)
        if t is None or ended is None or ended.line or ended.space != t.space:
            return REFUSED
        self.running = {n: other for n, other in self.running.items() if other is not ended}
        for other in self.running.values():
            if other.server is ended:
                other.server = None
        return DONE

    def timeout(self, thread):
        t = self.running.get(thread)
        if t is None or t.partner is None:
            return REFUSED
        t.receive(None, None)
        return DONE

    def page_fault(self, thread, page):
        t = self.acting(thread)
        pager = None if t is None or t.pager is None else self.called(t.pager)
        if pager is None or not pager.waits_for(t.id):
            return REFUSED
        pager.receive(t.id, page + 1)
        t.wait(pager.id, page)
        return DONE

    def interrupt(self, line):
        server = self.running[line].server
        if server is None or not server.waits_for(self.running[line].id):
            return REFUSED
        server.receive(self.running[line].id, 0)
        return DONE

    def associate(self, thread, line):
        t = self.acting(thread)
        if t is None or self.running[line].server is not None:
            return REFUSED
        self.running[line].server = t
        return DONE

    def flush_own(self, thread, page, rights):
        t = self.acting(thread)
        return REFUSED if t is None else self.flush(t.space, page, rights)


class Leaky(Kernel):
    """Wrong: a page goes to any page of a thread that opened a window somewhere."""

    def is_open(self, receiver, page):
        return receiver.window is not None

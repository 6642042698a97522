"""S4: drivers that follow one another: when one has ended, its ports and its interrupts are free for the next."""

from typing import Any

from z3 import And, BoolVal, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Slot, Thread, p, p2, t, w
from model.servers.description import (
    Do,
    Named,
    Subsystem,
    constant,
    ensures,
    ghost,
    guarantee,
    invariant,
    relation,
    rule,
    when,
)
from model.signature import Formula, Term
from model.spaces.vocabulary import Frame, a, owner, sigma0, x


class DeviceKeeper(Subsystem):
    """The device's ports and interrupts are for the driver in office; when it has ended, another one gets them."""

    clause = "S4"
    home = constant(Slot, meaning="where σ₀ has the ports of the device")
    device = constant(Frame, meaning="the ports of the device")
    line = constant(Thread, meaning="the hardware thread of the device")
    relay = constant(Thread, meaning="the thread of σ₀ that hands interrupts on to the driver")
    driver = relation(p, meaning="the space is for a driver of the device")
    office = ghost(p, meaning="the space is the driver's that is in office")
    gone = ghost(p, meaning="the driver that was there has ended")

    def members(self, space: Term) -> Formula:
        """σ₀ and the drivers."""
        return Or(space == sigma0, self.driver(space))

    def assume(self) -> Named:
        """The device has ports, and σ₀, which is no driver, has them."""
        return {"ports": And(self.port(self.device), owner(self.home) == sigma0), "no_root": Not(self.driver(sigma0))}

    def start(self) -> Named:
        """σ₀ alone has the ports and serves the interrupt, of which there was none yet."""
        quiet = And(self.no_windows(), self.served(), ForAll([t, w], Not(self.sent(self.line, t, w))))
        return {"quiet": quiet, "ports_are_at_home": ForAll([x], self.phys(x, self.device) == (x == self.home))}

    def served(self) -> Formula:
        """The relay, in σ₀, serves the interrupt."""
        return And(self.serves(self.relay, self.line), self.space(self.relay) == sigma0)

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Drivers wait as they like, σ₀ without a window."""
        return when(no_window_of_the_root=Or(self.closed(c), Not(self.by(c, sigma0))))

    @rule("send")
    def talk(self, c: Call) -> Do:
        """Drivers talk to whom they like."""
        return when(by_a_driver=Not(self.by(c, sigma0)))

    @rule("send_map")
    def appoint(self, c: Call) -> Do:
        """σ₀ maps the ports to a driver, when no other one is in office."""
        to_driver = And(c.src == self.home, self.driver(self.space(c.other)), self.closed(c))
        done = when(to_a_driver=to_driver, vacant=ForAll([p], Implies(self.office(p), self.to(c, p))))
        return done.then(office=(self.space(c.other),))

    @rule("send")
    def forward(self, c: Call) -> Do:
        """The relay hands an interrupt on to the driver in office."""
        came = And(c.word == self.empty, self.got(c.actor, self.ident(self.line), c.word), self.closed(c))
        return when(by_the_relay=c.actor == self.relay, it_came=came, in_office=self.office(self.space(c.other)))

    @rule("end")
    def stop(self, c: Call) -> Do:
        """Threads end, but for the relay."""
        return when(not_the_relay=c.other != self.relay)

    @rule("flush")
    def dismiss(self, c: Call) -> Do:
        """When the threads of the driver have ended, σ₀ takes the ports back, and the office is vacant."""
        ended = ForAll([t], Implies(self.office(self.space(t)), Not(self.runs(t))))
        done = when(takes_ports=c.src == self.home, every_right=ForAll([a], c.mask(a)), ended=ended)
        return done.then(gone=lambda p: self.office(p)).forgets(office=lambda p: BoolVal(True))

    @guarantee
    def own_device(self) -> Formula:
        """The ports show in σ₀ and in the driver in office alone, and the interrupts went to the relay alone."""
        ports = Implies(self.phys(x, self.device), Or(x == self.home, self.office(owner(x))))
        return ForAll([x, t, w], And(ports, Implies(self.sent(self.line, t, w), t == self.relay)))

    @guarantee
    def for_good(self) -> Formula:
        """One driver is in office at most, and who was dismissed never runs again, nor is in office."""
        once = Implies(And(self.office(p), self.office(p2)), p == p2)
        never = Implies(self.gone(self.space(t)), Not(Or(self.office(self.space(t)), self.runs(t))))
        return ForAll([p, p2, t], And(once, never))

    @ensures("forward")
    def to_who_is_in_office(self, after: Any, c: Call) -> Formula:
        """The relay hands interrupts on to the driver in office, and to none that has ended."""
        return And(self.office(self.space(c.other)), Not(self.gone(self.space(c.other))))

    @ensures("dismiss")
    def free_again(self, after: Any, c: Call) -> Formula:
        """When a driver was dismissed, σ₀ alone has the ports, and another driver can be given them."""
        return ForAll([p, x], And(Not(after.office(p)), Implies(after.phys(x, self.device), x == self.home)))

    @invariant
    def kept(self) -> Formula:
        """The relay serves the interrupt; σ₀ has no window, and holds the ports."""
        drivers = ForAll([p], Implies(Or(self.office(p), self.gone(p)), self.driver(p)))
        return And(self.served(), self.sealed(sigma0), self.holds(self.home, self.device), drivers)


class Lingering(DeviceKeeper):
    """Wrong: not all rights to the ports are taken from the driver that has ended."""

    @rule("flush")
    def dismiss(self, c: Call) -> Do:
        """Wrong: some rights may stay."""
        return super().dismiss(c).without("every_right")


class TooEarly(DeviceKeeper):
    """Wrong: a driver is dismissed that still runs."""

    @rule("flush")
    def dismiss(self, c: Call) -> Do:
        """Wrong: ended or not."""
        return super().dismiss(c).without("ended")


class StillDelivered(DeviceKeeper):
    """Wrong: interrupts are handed on to whoever waits for them, in office or not."""

    @rule("send")
    def forward(self, c: Call) -> Do:
        """Wrong: whoever it is."""
        return super().forward(c).without("in_office")


class TwoDrivers(DeviceKeeper):
    """Wrong: a driver is appointed beside another one."""

    @rule("send_map")
    def appoint(self, c: Call) -> Do:
        """Wrong: vacant or not."""
        return super().appoint(c).without("vacant")

"""S4: a device driver: its ports and its interrupts reach it alone."""

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, Thread, t, w
from model.servers.description import Do, Named, Subsystem, constant, guarantee, invariant, relation, rule, when
from model.servers.idioms import among
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, sigma0, x


class DeviceDriver(Subsystem):
    """Only the driver reaches its ports, and its interrupts reach only it."""

    clause = "S4"
    driver = constant(Space, meaning="the space of the driver")
    line = constant(Thread, meaning="the hardware thread of the device")
    device = relation(r, meaning="the port is the device's")

    def members(self, space: Term) -> Formula:
        """The driver, and σ₀ that gives it its ports."""
        return among(self.driver, sigma0)(space)

    def assume(self) -> Named:
        """The line is hardware, the device's frames are ports."""
        return {
            "the_driver_is_not_the_root": self.driver != sigma0,
            "the_line_is_hardware": self.hardware(self.line),
            "the_device_has_ports": ForAll([r], Implies(self.device(r), self.port(r))),
        }

    def start(self) -> Named:
        """σ₀ has all pages, and a thread of the driver serves the interrupt, of which there was none yet."""
        return {
            "only_the_root_has_pages": ForAll([x], Implies(self.live(x), owner(x) == sigma0)),
            "no_interrupt_yet": ForAll([t, w], Not(self.sent(self.line, t, w))),
            "the_driver_serves": self.serves_it(),
        }

    def serves_it(self) -> Formula:
        """A thread of the driver serves the interrupt."""
        return Not(ForAll([t], Not(And(self.serves(t, self.line), self.space(t) == self.driver))))

    @rule("wait")
    def listen(self, c: Call) -> Do:
        """Members wait as they like."""
        return when()

    @rule("send")
    def talk(self, c: Call) -> Do:
        """Members talk to whom they like."""
        return when()

    @rule("send_map")
    def share(self, c: Call) -> Do:
        """Ports of the device are mapped to the driver only."""
        others = self.shows(c.src, lambda r: Not(self.device(r)))
        return when(no_port_of_it_elsewhere=Or(self.to(c, self.driver), others))

    @rule("end")
    def stop(self, c: Call) -> Do:
        """Threads end, but for the one that serves the interrupt."""
        return when(not_who_serves=ForAll([t], Implies(self.serves(t, self.line), t != c.other)))

    @guarantee
    def own_ports(self) -> Formula:
        """The device's ports show in the driver and σ₀ only."""
        return ForAll([x, r], Implies(And(self.device(r), self.phys(x, r)), self.members(owner(x))))

    @guarantee
    def own_interrupts(self) -> Formula:
        """The device's interrupts went to the driver only."""
        return ForAll([t, w], Implies(self.sent(self.line, t, w), self.space(t) == self.driver))

    @invariant
    def served(self) -> Formula:
        """The interrupt is served by the driver, so that nobody else comes to serve it."""
        return self.serves_it()


class QuittingDriver(DeviceDriver):
    """Wrong: the thread that serves the interrupt may end, and another space may serve it then."""

    @rule("end")
    def stop(self, c: Call) -> Do:
        """Wrong: any thread."""
        return super().stop(c).without("not_who_serves")


class SharedPorts(DeviceDriver):
    """Wrong: ports are mapped to whoever asks."""

    @rule("send_map")
    def share(self, c: Call) -> Do:
        """Wrong: to anybody."""
        return super().share(c).without("no_port_of_it_elsewhere")

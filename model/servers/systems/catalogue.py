"""The systems of section 3 and the wrong variants of each, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from model.servers.description import Subsystem
from model.servers.systems.coloured_pager import ColourBlind, ColouredPager, SecondPager
from model.servers.systems.communication import CommunicationServer, Forging, Inventing
from model.servers.systems.device_keeper import DeviceKeeper, Lingering, StillDelivered, TooEarly, TwoDrivers
from model.servers.systems.driver import DeviceDriver, QuittingDriver, SharedPorts
from model.servers.systems.granting import HalfFlushed, MappedOn, OpenUser, UnifiedFiles
from model.servers.systems.key_server import IdsReused, KeyServer, ToAnybody, TwiceSold
from model.servers.systems.locked_frames import AnyVictim, LockedFrames, WithoutTick
from model.servers.systems.managed_pager import Lonely, ManagedPager, OpenTenant, OpenUsers, Subletting, Tenant
from model.servers.systems.memory_manager import FirstComeFirstServed, HalfTaken, MemoryManager, OpenClients
from model.servers.systems.page_faults import Begging, Forgetful, PageFaults, StaleNotes, WrongThread
from model.servers.systems.remote_partner import Dropping, MadeUp, Overheard, RemotePartner
from model.servers.systems.shared_buffers import Scribbling, SharedBuffers, WritableBuffers
from model.servers.systems.stored_pages import AnyFrame, Hasty, Overwriting, StoredPages
from model.servers.systems.unix_server import SharedFill, UnixServer, WritableFork
from model.servers.systems.unruly_client import LentTwice, StillLent, Trustful, UnrulyClient

VARIANTS: Mapping[type[Subsystem], tuple[type[Subsystem], ...]] = MappingProxyType(
    {
        MemoryManager: (FirstComeFirstServed, OpenClients, HalfTaken),
        UnrulyClient: (StillLent, LentTwice, Trustful),
        Tenant: (OpenTenant, Lonely),
        ManagedPager: (Subletting, OpenUsers),
        UnifiedFiles: (MappedOn, OpenUser, HalfFlushed),
        PageFaults: (Forgetful, WrongThread, StaleNotes, Begging),
        StoredPages: (Overwriting, Hasty, AnyFrame),
        LockedFrames: (AnyVictim, WithoutTick),
        DeviceDriver: (QuittingDriver, SharedPorts),
        DeviceKeeper: (Lingering, TooEarly, StillDelivered, TwoDrivers),
        ColouredPager: (ColourBlind, SecondPager),
        CommunicationServer: (Inventing, Forging),
        RemotePartner: (Dropping, MadeUp, Overheard),
        SharedBuffers: (WritableBuffers, Scribbling),
        UnixServer: (WritableFork, SharedFill),
        KeyServer: (TwiceSold, ToAnybody, IdsReused),
    }
)
"""Of each system its wrong variants."""

SYSTEMS: Mapping[str, type[Subsystem]] = MappingProxyType(
    {kind.__name__: kind for system, wrong in VARIANTS.items() for kind in (system, *wrong)}
)
"""All of them by name."""

VIOLATED: Mapping[str, str] = MappingProxyType(
    {
        "FirstComeFirstServed": "apart",
        "OpenClients": "apart",
        "HalfTaken": "all_comes_back",
        "StillLent": "apart",
        "LentTwice": "apart",
        "Trustful": "undisturbed",
        "OpenTenant": "listen_keeps_to_ManagedPager",
        "Lonely": "unseen",
        "Subletting": "feed_keeps_to_MemoryManager",
        "OpenUsers": "fed",
        "MappedOn": "out_of_the_books",
        "OpenUser": "out_of_the_books",
        "HalfFlushed": "reaches_the_user",
        "Forgetful": "backed",
        "WrongThread": "backed",
        "StaleNotes": "backed",
        "Begging": "on_its_fault",
        "Overwriting": "as_left",
        "Hasty": "as_left",
        "AnyFrame": "as_left",
        "AnyVictim": "stays",
        "WithoutTick": "until_the_tick",
        "QuittingDriver": "own_interrupts",
        "SharedPorts": "own_ports",
        "Lingering": "free_again",
        "TooEarly": "for_good",
        "StillDelivered": "to_who_is_in_office",
        "TwoDrivers": "for_good",
        "ColourBlind": "coloured",
        "SecondPager": "coloured",
        "Inventing": "nothing_invented",
        "Forging": "nothing_forged",
        "Dropping": "alike",
        "MadeUp": "alike",
        "Overheard": "private",
        "WritableBuffers": "read_only",
        "Scribbling": "as_sent",
        "WritableFork": "copy_on_write",
        "SharedFill": "copy_on_write",
        "TwiceSold": "once",
        "ToAnybody": "only_demander",
        "IdsReused": "to_demander",
    }
)
"""Of each wrong variant what it violates, as the shortest attack shows."""

MOVES: Mapping[str, tuple[str, ...]] = MappingProxyType({"MappedOn": ("listen", "give")})
"""Of those whose attack is long the moves that it is looked for among; its length is then the shortest of these."""

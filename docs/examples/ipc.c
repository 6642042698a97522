/*
 * Threads and messages on top of the mapping database of mapdb.c: a kernel's IPC, small.
 *
 * It implements the group of musigma.h for threads, in the canonical dialect of messages. A receiver waits, with a
 * window; a sender finds it waiting or is refused; so there is no queue.
 *
 *     cc -O2 -shared -fPIC -I refinement/check -o ipc.so docs/examples/ipc.c
 *
 * With -DIPC_FAULT=WINDOW_IGNORED, or another of the names below, it has that defect.
 */
#include "mapdb.c"

enum ipc_fault {
    NO_IPC_FAULT,
    /* Windows. */
    WINDOW_IGNORED,          /* a page goes to any page of the receiver's space */
    WINDOW_KEPT,             /* a wait that opens no window has that of the wait before */
    WINDOW_OF_NEIGHBOUR,     /* the windows of all threads of the receiver's space are one */
    WINDOW_OF_SENDER,        /* the window is looked up in the sender's thread */
    WINDOW_TOO_WIDE,         /* the page after the window is in it */
    END_LEAVES_WINDOW,       /* the window of a thread that ended stays open for others of its space */
    MAPPED_BEFORE_CHECK,     /* the page is mapped, then the window is checked */
    GRANT_NOT_UNDONE,        /* the page of a refused grant is taken from the sender all the same */
    ITEM_WITH_ALL_RIGHTS,    /* the page is mapped with all rights of its source, whatever was asked */
    ITEM_OF_RECEIVER,        /* the page is taken from the receiver's space */
    PORT_MOVED,              /* an I/O port goes to any page */
    /* Partners and messages. */
    WRONG_PARTNER,           /* who waits for one thread takes the message of any */
    CALL_TAKES_ANY,          /* a caller takes the message of any thread for the reply */
    REPLY_TO_WHOEVER_WAITS,  /* if the partner does not wait, the message goes to the first who does */
    SENDER_CLAIMS_ID,        /* the receiver sees the name that the sender gives */
    SENDER_OF_LAST_MESSAGE,  /* the receiver sees the id of whom the sender has heard last */
    DOUBLE_DELIVERY,         /* all who wait for the sender get the message */
    LOST_WAKE_UP,            /* the receiver of a call is not made to run */
    MESSAGE_KEPT,            /* a new wait does not forget what was received */
    SENDS_WHILE_WAITING,     /* a thread that waits may send */
    TIMEOUT_FORGOTTEN,       /* a timeout ends the wait, the next sender finds it still there */
    /* Threads. */
    ID_REUSED,               /* the id of a thread that ended is given again */
    CREATES_ANYWHERE,        /* a thread begins in any space */
    ENDS_ANYONE,             /* a thread ends those of other spaces, too */
    ENDED_STILL_RECEIVES,    /* a thread that ended while it waited gets messages */
    /* Interrupts and page faults. */
    INTERRUPT_TO_OTHER,      /* an interrupt goes to the first who waits, not to who serves it */
    INTERRUPT_STOLEN,        /* an interrupt that is served can be taken over */
    END_KEEPS_INTERRUPT,     /* the interrupts of a thread that ended are nobody's for ever */
    PAGE_FAULT_FORGED,       /* the pager sees a fault of another thread of the space as this one's */
    PAGE_FAULT_OPENS_SPACE,  /* the pager may fill any page of the space */
    PAGE_FAULT_TO_FIRST,     /* a page fault goes to the first thread, whoever is the pager */
    /* At limits. */
    ID_OF_FOUR_BITS,         /* a thread is looked for by the lowest bits of its id */
    MESSAGE_LOST_AT_256,     /* messages are counted in a byte, and when it is 0 again one is lost */
    WAIT_LOST_AT_65536,      /* waits are counted in 16 bits, and when these are 0 again one is lost */
    WINDOW_OF_THREE_BITS,    /* of the window's page three bits are kept */
    WAIT_LOST_AFTER_1000,    /* waits are counted over all first states, and one of a thousand is lost */
};

#ifndef IPC_FAULT
#define IPC_FAULT NO_IPC_FAULT
#endif
#define HAS(name) (IPC_FAULT == (name))

#define NOTHING (-1)

struct thread {
    enum musigma_state state;
    int was_begun, is_line;
    uint32_t id, space;
    int64_t pager;           /* an id */
    uint32_t partner;        /* while it waits: an id, or any */
    uint32_t window;         /* while it waits: a page, the whole space, or none */
    int64_t sender, word;    /* what it received last */
    struct thread *server;   /* of an interrupt: who serves it */
    int is_forgotten;        /* for TIMEOUT_FORGOTTEN */
};

static struct thread *threads;
static uint32_t thread_count, id_count, first_port;
static unsigned char *id_given, *space_had_thread;

/* Finding threads. */

static int same_id(uint32_t one, uint32_t other)
{
    return HAS(ID_OF_FOUR_BITS) ? (one & 15) == (other & 15) : one == other;
}

static struct thread *thread_with_id(uint32_t id)
{
    for (struct thread *t = threads; t < threads + thread_count; t++)
        if (t->was_begun && same_id(t->id, id) && (t->state != MUSIGMA_ABSENT || (HAS(ENDED_STILL_RECEIVES) && t->partner != MUSIGMA_NOBODY)))
            return t;
    return NULL;
}

static int can_act(const struct thread *t)
{
    return !t->is_line && (t->state == MUSIGMA_RUNS || (HAS(SENDS_WHILE_WAITING) && t->state == MUSIGMA_WAITS));
}

static int waits_for(const struct thread *t, uint32_t id)
{
    if (t->partner == MUSIGMA_NOBODY)
        return 0;
    return t->partner == MUSIGMA_ANY || t->partner == id || HAS(WRONG_PARTNER);
}

static struct thread *first_who_waits_for(uint32_t id)
{
    for (struct thread *t = threads; t < threads + thread_count; t++)
        if (t->state == MUSIGMA_WAITS && waits_for(t, id))
            return t;
    return NULL;
}

/* Waiting and receiving. */

static uint8_t messages_so_far;
static uint16_t waits_so_far;
static uint32_t waits_ever;

static int is_page(uint32_t window)
{
    return window != MUSIGMA_NO_WINDOW && window != MUSIGMA_WHOLE_SPACE;
}

static int is_window(uint32_t window)
{
    return window == MUSIGMA_NO_WINDOW || window == MUSIGMA_WHOLE_SPACE || window < pages;
}

static void stop_waiting(struct thread *t)
{
    if (t->state == MUSIGMA_WAITS)
        t->state = MUSIGMA_RUNS;
    t->partner = MUSIGMA_NOBODY;
    if (!HAS(WINDOW_KEPT))
        t->window = MUSIGMA_NO_WINDOW;
}

/* The thread waits for the partner; with nobody it runs on. */
static void start_waiting(struct thread *t, uint32_t partner, uint32_t window)
{
    if (!HAS(MESSAGE_KEPT))
        t->sender = t->word = NOTHING;
    if (HAS(WAIT_LOST_AT_65536) && partner != MUSIGMA_NOBODY && ++waits_so_far == 0)
        partner = MUSIGMA_NOBODY;
    if (HAS(WAIT_LOST_AFTER_1000) && partner != MUSIGMA_NOBODY && ++waits_ever % 1000 == 0)
        partner = MUSIGMA_NOBODY;
    if (HAS(WINDOW_OF_THREE_BITS) && is_page(window))
        window &= 7;
    t->partner = partner;
    if (!HAS(WINDOW_KEPT) || window != MUSIGMA_NO_WINDOW)
        t->window = window;
    t->state = partner == MUSIGMA_NOBODY ? MUSIGMA_RUNS : MUSIGMA_WAITS;
}

static void deliver(struct thread *t, int64_t sender, uint32_t word)
{
    stop_waiting(t);
    if (HAS(MESSAGE_LOST_AT_256) && ++messages_so_far == 0)
        return;
    t->sender = sender;
    t->word = word;
}

/* Pages that come with messages. */

static int is_in(uint32_t window, uint32_t page)
{
    return window == MUSIGMA_WHOLE_SPACE || window == page || (HAS(WINDOW_TOO_WIDE) && window + 1 == page && window < pages);
}

static int is_open(const struct thread *receiver, const struct thread *sender, uint32_t page)
{
    if (HAS(WINDOW_IGNORED))
        return 1;
    if (HAS(WINDOW_OF_NEIGHBOUR) || HAS(END_LEAVES_WINDOW))
        for (const struct thread *t = threads; t < threads + thread_count; t++)
            if (t->was_begun && t->space == receiver->space && is_in(t->window, page) &&
                (HAS(WINDOW_OF_NEIGHBOUR) || t->state == MUSIGMA_ABSENT))
                return 1;
    return is_in(HAS(WINDOW_OF_SENDER) ? sender->window : receiver->window, page);
}

static int is_moved_port(const struct thread *sender, uint32_t src_page, uint32_t dst_page)
{
    uint32_t rights;
    int64_t frame = musigma_lookup(sender->space, src_page, &rights);

    return frame >= (int64_t)first_port && src_page != dst_page && !HAS(PORT_MOVED);
}

static int pass_item(const struct thread *sender, const struct thread *receiver, uint32_t item, uint32_t src_page,
                     uint32_t dst_page, uint32_t rights)
{
    uint32_t from = HAS(ITEM_OF_RECEIVER) ? receiver->space : sender->space;

    if (src_page >= pages || dst_page >= pages || is_moved_port(sender, src_page, dst_page))
        return MUSIGMA_REFUSED;
    if (HAS(ITEM_WITH_ALL_RIGHTS))
        rights = MUSIGMA_ALL;
    if (!is_open(receiver, sender, dst_page)) {
        if (HAS(MAPPED_BEFORE_CHECK) && item == MUSIGMA_MAP_ITEM)
            musigma_map(from, src_page, receiver->space, dst_page, rights);
        if (HAS(GRANT_NOT_UNDONE) && item == MUSIGMA_GRANT_ITEM &&
            musigma_grant(from, src_page, receiver->space, dst_page, rights) == MUSIGMA_DONE)
            remove_tree(node_of[slot(receiver->space, dst_page)]);
        return MUSIGMA_REFUSED;
    }
    if (item == MUSIGMA_MAP_ITEM)
        return musigma_map(from, src_page, receiver->space, dst_page, rights);
    return musigma_grant(from, src_page, receiver->space, dst_page, rights);
}

/* The interface. */

static void begin_thread(struct thread *t, uint32_t id, uint32_t space, int64_t pager)
{
    t->state = MUSIGMA_RUNS;
    t->was_begun = 1;
    t->id = id, t->space = space, t->pager = pager;
    id_given[id] = 1;
    space_had_thread[space] = 1;
}

int musigma_init_threads(uint32_t count, uint32_t ids, uint32_t versions, uint32_t booted, uint32_t lines,
                         uint32_t ports)
{
    if (versions != 1 || booted + lines > count || booted + lines > ids || ports > frames)
        return MUSIGMA_REFUSED;
    free(threads), free(id_given), free(space_had_thread);
    threads = calloc(count, sizeof *threads);
    id_given = calloc(ids, 1);
    space_had_thread = calloc(spaces, 1);
    if (!threads || !id_given || !space_had_thread)
        return -1;
    messages_so_far = 0, waits_so_far = 0;
    thread_count = count, id_count = ids, first_port = frames - ports;
    for (uint32_t n = 0; n < count; n++) {
        threads[n].sender = threads[n].word = threads[n].pager = NOTHING;
        threads[n].partner = MUSIGMA_NOBODY;
        threads[n].window = MUSIGMA_NO_WINDOW;
    }
    for (uint32_t n = 0; n < booted + lines; n++) {
        threads[n].is_line = n >= booted;
        begin_thread(&threads[n], n, n >= booted ? 0 : n < spaces ? n : spaces - 1, n ? 0 : NOTHING);
    }
    return MUSIGMA_DONE;
}

int musigma_wait(uint32_t thread, uint32_t partner, uint32_t window)
{
    if (thread >= thread_count || !can_act(&threads[thread]) || !is_window(window))
        return MUSIGMA_REFUSED;
    start_waiting(&threads[thread], partner, window);
    return MUSIGMA_DONE;
}

int musigma_send(uint32_t thread, uint32_t partner, uint32_t word, uint32_t item, uint32_t src_page, uint32_t dst_page,
                 uint32_t rights, uint32_t name, uint32_t next_partner, uint32_t window)
{
    struct thread *sender, *receiver;
    int64_t told;

    if (thread >= thread_count || !can_act(&threads[thread]) || !is_window(window))
        return MUSIGMA_REFUSED;
    sender = &threads[thread];
    receiver = thread_with_id(partner);
    if (HAS(REPLY_TO_WHOEVER_WAITS) && receiver && !waits_for(receiver, sender->id))
        receiver = first_who_waits_for(sender->id);
    if (HAS(TIMEOUT_FORGOTTEN) && receiver && receiver->is_forgotten)
        receiver->partner = MUSIGMA_ANY;
    if (!receiver || !waits_for(receiver, sender->id))
        return MUSIGMA_REFUSED;
    if (item != MUSIGMA_NO_ITEM && pass_item(sender, receiver, item, src_page, dst_page, rights) != MUSIGMA_DONE)
        return MUSIGMA_REFUSED;
    told = sender->id;
    if (HAS(SENDER_CLAIMS_ID) && name != MUSIGMA_NO_NAME)
        told = name;
    if (HAS(SENDER_OF_LAST_MESSAGE) && sender->sender != NOTHING)
        told = sender->sender;
    deliver(receiver, told, word);
    if (HAS(LOST_WAKE_UP) && next_partner == partner)
        receiver->state = MUSIGMA_WAITS;
    for (struct thread *other; HAS(DOUBLE_DELIVERY) && (other = first_who_waits_for(sender->id));)
        deliver(other, told, word);
    if (HAS(CALL_TAKES_ANY) && next_partner == partner)
        next_partner = MUSIGMA_ANY;
    start_waiting(sender, next_partner, window);
    return MUSIGMA_DONE;
}

int musigma_thread(uint32_t thread, struct musigma_thread *shows)
{
    const struct thread *t = &threads[thread];

    shows->state = t->state;
    shows->space = t->space;
    shows->sender = t->sender;
    shows->word = t->word;
    return 0;
}

int musigma_create(uint32_t thread, uint32_t begun, uint32_t id, uint32_t space, uint32_t pager)
{
    if (thread >= thread_count || begun >= thread_count || id >= id_count || space >= spaces)
        return MUSIGMA_REFUSED;
    if (!can_act(&threads[thread]) || threads[begun].was_begun)
        return MUSIGMA_REFUSED;
    if (HAS(ID_REUSED) ? thread_with_id(id) != NULL : id_given[id])
        return MUSIGMA_REFUSED;
    if (space != threads[thread].space && space_had_thread[space] && !HAS(CREATES_ANYWHERE))
        return MUSIGMA_REFUSED;
    begin_thread(&threads[begun], id, space, pager);
    return MUSIGMA_DONE;
}

int musigma_end(uint32_t thread, uint32_t id)
{
    struct thread *t = thread_with_id(id);

    if (thread >= thread_count || !can_act(&threads[thread]) || !t || t->is_line)
        return MUSIGMA_REFUSED;
    if (t->space != threads[thread].space && !HAS(ENDS_ANYONE))
        return MUSIGMA_REFUSED;
    t->state = MUSIGMA_ABSENT;
    if (!HAS(ENDED_STILL_RECEIVES))
        t->partner = MUSIGMA_NOBODY;
    if (!HAS(END_LEAVES_WINDOW))
        t->window = MUSIGMA_NO_WINDOW;
    for (struct thread *line = threads; line < threads + thread_count; line++)
        if (line->server == t && !HAS(END_KEEPS_INTERRUPT))
            line->server = NULL;
    return MUSIGMA_DONE;
}

int musigma_timeout(uint32_t thread)
{
    if (thread >= thread_count || threads[thread].state != MUSIGMA_WAITS)
        return MUSIGMA_REFUSED;
    threads[thread].is_forgotten = threads[thread].partner == MUSIGMA_ANY;
    stop_waiting(&threads[thread]);
    return MUSIGMA_DONE;
}

int musigma_page_fault(uint32_t thread, uint32_t page)
{
    struct thread *t, *pager, *told;

    if (thread >= thread_count || !can_act(&threads[thread]) || page >= pages)
        return MUSIGMA_REFUSED;
    t = told = &threads[thread];
    pager = t->pager == NOTHING ? NULL : HAS(PAGE_FAULT_TO_FIRST) ? &threads[0] : thread_with_id((uint32_t)t->pager);
    if (!pager || !waits_for(pager, t->id))
        return MUSIGMA_REFUSED;
    for (struct thread *other = threads; HAS(PAGE_FAULT_FORGED) && other < threads + thread_count; other++)
        if (other->state != MUSIGMA_ABSENT && !other->is_line && other->space == t->space)
            told = other;
    deliver(pager, told->id, page + 1);
    start_waiting(t, pager->id, HAS(PAGE_FAULT_OPENS_SPACE) ? MUSIGMA_WHOLE_SPACE : page);
    return MUSIGMA_DONE;
}

int musigma_interrupt(uint32_t line)
{
    struct thread *server;

    if (line >= thread_count || !threads[line].is_line)
        return MUSIGMA_REFUSED;
    server = HAS(INTERRUPT_TO_OTHER) ? first_who_waits_for(threads[line].id) : threads[line].server;
    if (!server || !waits_for(server, threads[line].id))
        return MUSIGMA_REFUSED;
    deliver(server, threads[line].id, 0);
    return MUSIGMA_DONE;
}

int musigma_associate(uint32_t thread, uint32_t line)
{
    if (thread >= thread_count || line >= thread_count || !can_act(&threads[thread]) || !threads[line].is_line)
        return MUSIGMA_REFUSED;
    if (threads[line].server && !HAS(INTERRUPT_STOLEN))
        return MUSIGMA_REFUSED;
    threads[line].server = &threads[thread];
    return MUSIGMA_DONE;
}

int musigma_flush_own(uint32_t thread, uint32_t page, uint32_t rights)
{
    if (thread >= thread_count || !can_act(&threads[thread]))
        return MUSIGMA_REFUSED;
    return musigma_flush(threads[thread].space, page, rights);
}

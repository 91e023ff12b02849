/**
 * Every limit of the runtime, with the reason for its default. Relations between limits are
 * asserted at the end, when the module is loaded.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Version of the wire protocol; links between different versions are refused by the hello. */
export const PROTOCOL_VERSION = 1;

/** Body of a frame. Everything larger travels as buffers of its own. */
export const FRAME_BODY_BYTES_MAX = 1024 * MIB;
/** One buffer: V8 and `write` handle up to 2 GiB; half of it leaves room for both ends' copies. */
export const FRAME_BUFFER_BYTES_MAX = 1024 * MIB;
/** Whole frame. Larger values need the shared-memory store. */
export const FRAME_BYTES_MAX = 1024 * MIB;
/** Buffers of one frame; their lengths are sent ahead of them. */
export const FRAME_BUFFERS_MAX = 0xffff;
/** What is queued on a link before it is written out without waiting for the end of the tick. */
export const LINK_FLUSH_BYTES = 64 * KIB;
/** A link is silent this long after connecting at most: then it has said hello, or is closed. */
export const HELLO_TIMEOUT_MS = 10_000;
/** Frame of a process that has not said hello: nothing larger is kept for a stranger. */
export const HELLO_FRAME_BYTES_MAX = 4 * KIB;

/** A side that has just been active looks for messages this long before it sleeps. */
export const POLLING_US = 50;

/**
 * Values from this size on go to the object store. Below it, a copy through a socket takes no
 * longer than making and mapping a file.
 */
export const STORED_BYTES_MIN = 100 * KIB;

/**
 * What a process remembers of calls so that their stored results can be made again: arguments, and
 * what stands around them. Results are 100 KiB at least, so that this is little beside them; a
 * long chain of calls, of which each takes the result before it, must not grow for ever.
 */
export const LINEAGE_BYTES_MAX = 64 * MIB;
/** What one such call counts for beside its arguments. */
export const LINEAGE_CALL_BYTES = 1 * KIB;

/** Results from this size on are remembered, to be listed: for smaller ones that costs too much. */
export const LISTED_BYTES_MIN = KIB;
/** Objects that are listed whatever their size: more small ones than that nobody reads. */
export const LISTED_SMALL_MAX = 10_000;
/** Who has not said by then what it holds is busy, and left out of the list. */
export const MEMORY_ANSWER_TIMEOUT_MS = 2_000;
/** Objects that one process lists, the largest; so that the list does not keep it from its work. */
export const LISTED_OBJECTS_MAX = 10_000;

/** Refs that one call can give: each is a record, made at the call. */
export const RETURNS_MAX = 100_000;
/** Time for which calls run, or elements are produced, before the sockets are looked at again. */
export const TURN_US = 2_000;
/** Elements that a generator may be ahead of its consumer, if the call says no other number. */
export const STREAM_AHEAD_MAX = 1_024;
/** What these elements may have in bytes; one may always be ahead. */
export const STREAM_AHEAD_BYTES_MAX = 8 * MIB;

/** A function that takes less than this, measured, has several tasks in flight on one lease. */
export const SHORT_TASK_US = 250;
/**
 * A task that waits for others counts as this long at least: too long to have tasks queued behind
 * it. The time of its waits does not count: they do not keep others from their process.
 */
export const WAITING_TASK_US = 2_000;
/** Work sent ahead on one lease: what a long neighbour may delay at most. */
export const PIPELINE_US = 2_000;
/** Tasks in flight on one lease. */
export const PIPELINE_TASKS_MAX = 512;
/**
 * A lease that brings nothing for so long, or twice as long, has what has not begun on it taken
 * back: longer than all that is sent ahead and a worker's turn take, so that only workers that are
 * blocked, frozen or overtaken by others are concerned.
 */
export const STALLED_AFTER_MS = 10;
/** Results of functions shorter than this wait for each other, up to the end of a batch. */
export const FLUSH_TOGETHER_US = 50;

/** Leases that one scheduling class of one submitter may ask for at a time. */
export const LEASES_WANTED_MAX = 1_024;
/** An idle lease is given back after this time; earlier when somebody else waits for it. */
export const LEASE_IDLE_MS = 1_000;
/** A worker whose tasks all wait for refs gives its CPU back after this time. */
export const PARK_AFTER_MS = 2;
/** Idle workers beyond the number of cores end after this time. */
export const WORKER_IDLE_MS = 2_000;
/** Worker processes for each core, for tasks that hold a fraction of one or none at all. */
export const WORKERS_PER_CORE_MAX = 8;
/** Worker processes that may be started whatever the number of cores. */
export const WORKERS_MIN = 16;
/** Workers for each core that may be starting before one more is started for an actor. */
export const WORKERS_STARTING_PER_CORE_MAX = 2;
/**
 * What an actor counts for when the memory is asked how many there may be: its process has 15 MiB
 * of its own before it has loaded anything. Without a limit, actors that create actors would take
 * all memory before anybody learns why.
 */
export const ACTOR_BYTES = 32 * MIB;
/** Time an actor has to dispose of what it holds when it ends. */
export const ACTOR_END_MS = 5_000;
/** Records of dead actors that are kept, the newest, so that calls and lists can say why. */
export const DEAD_ACTORS_MAX = 1_000;
/** A worker that has not said hello after this time is ended and reported. */
export const WORKER_START_TIMEOUT_MS = 60_000;
/** Calls that have waited so long are told the daemon, which looks for circles. */
export const WAIT_REPORT_AFTER_MS = 100;
/** While something else may wake them it is looked again, at last after this time each. */
export const WAIT_REPORT_LATER_MS = 5_000;
/** Of an actor's line, the first ones. */
export const WAIT_REPORT_CALLS_MAX = 1_000;
/** Who waits longer than this for resources is named once. */
export const WAITING_REPORT_MS = 10_000;
/**
 * Calls of which each was made by the one before. Recursion that ends is less deep; without a limit
 * one that does not end would fill all memory before anybody learns why.
 */
export const CALL_DEPTH_MAX = 1_000;
/** Trees of calls that have reached that depth and are remembered, the newest. */
export const ENDLESS_ROOTS_MAX = 1_000;
/** The creation of an actor counts as so many: each actor is a process. */
export const ACTOR_DEPTH = 25;
/** Time a task has to end by itself after its deadline or a forced cancel. */
export const GRACE_MS = 250;
/** A task that failed waits so long before it runs again; twice as long after each failure. */
export const RETRY_DELAY_MS = 25;
export const RETRY_DELAY_MS_MAX = 10_000;
/** Runs of a task again whose workers have ended, if its options say no other number. */
export const RETRIES_DEFAULT_MAX = 3;
/**
 * A task whose worker was ended for its memory waits longer: others are to let go of theirs first.
 */
export const MEMORY_RETRY_DELAY_MS = 1_000;
/**
 * How the daemon ended is known some milliseconds after its link has closed, or once the machine
 * gets round to it. What is pending waits no longer than this for it.
 */
export const DAEMON_END_MS = 1_000;
/**
 * The pipes of a dead worker may be held open by what it has started. What it wrote itself is in
 * them already.
 */
export const PIPES_CLOSE_MS = 50;
/** Lines of a worker's standard error kept for the report of its crash. */
export const STDERR_TAIL_LINES = 20;
/** Share of the memory that may be in use before a worker is ended, if `init` says no other. */
export const MEMORY_USAGE_MAX = 0.95;
/** What a worker has of its own, beside what its tasks need: 15 MiB at first, more with modules. */
export const WORKER_BASE_BYTES = 64 * MIB;
/** Ending a worker for others is to give them so much at most: 5 % of a large machine is plenty. */
export const MEMORY_RELIEF_BYTES_MAX = 1024 * MIB;
/** What all processes can take in a millisecond: the kernel clears some GiB a second for them. */
export const MEMORY_TAKEN_BYTES_PER_MS = 8 * MIB;
/** Workers that have work are looked at so often: what they hold, and whether they are stopped. */
export const WORKER_LOOK_MS = 500;
/** Memory is looked at as often, and the more often the less of it is left, down to this time. */
export const MEMORY_LOOK_MS_MIN = 20;
/** A worker that is ended for its memory is waited for so long before another one is. */
export const VICTIM_GONE_MS = 2_000;
/** A worker's end is put down to the kernel when it has ended a process so short a time before. */
export const KERNEL_KILL_RECENT_MS = 1_000;
/** Workers of which an OutOfMemoryError says what they hold: the largest of many. */
export const MEMORY_REPORT_WORKERS_MAX = 32;
/** A worker that is stopped for so long is replaced, if `init` says no other time. */
export const FROZEN_WORKER_MS = 10_000;
/** Captured bytes of one function above which a warning names the captures. */
export const CAPTURE_WARNING_BYTES = MIB;

/** A fault holds messages back for so long at most: enough for others to overtake them. */
export const FAULT_DELAY_MS_MAX = 20;
/** A fault stops a worker for so long at most: enough to be noticed, not to be given up. */
export const FAULT_FREEZE_MS_MAX = 1_000;

function assertRelation(holds: boolean, relation: string): void {
  if (!holds) throw new Error(`Cannot load limits: ${relation} does not hold`);
}
assertRelation(FRAME_BODY_BYTES_MAX <= FRAME_BYTES_MAX, "a body fits into a frame");
assertRelation(FRAME_BUFFER_BYTES_MAX <= FRAME_BYTES_MAX, "a buffer fits into a frame");
assertRelation(FRAME_BYTES_MAX < 0x1_0000_0000, "a frame's length fits into 32 bits");
assertRelation(SHORT_TASK_US <= PIPELINE_US, "a short task fits into the pipeline");
assertRelation(MEMORY_LOOK_MS_MIN <= WORKER_LOOK_MS, "memory is looked at as often as workers");
assertRelation(
  PIPELINE_US + TURN_US < STALLED_AFTER_MS * 1_000,
  "a worker that gets on has brought something before its tasks are taken back",
);
assertRelation(FLUSH_TOGETHER_US < SHORT_TASK_US, "only short tasks wait for each other");

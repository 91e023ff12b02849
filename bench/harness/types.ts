/** What a case, a contender and a report are. Everything else in `bench/` is built from these. */

/** Worker pools of Node that Mobula is compared with; `x10` takes ten tasks at once per worker. */
export const POOLS = [
  "piscina",
  "piscina x10",
  "tinypool threads",
  "tinypool processes",
  "workerpool threads",
  "workerpool processes",
  "poolifier threads",
] as const;
/** Piscina again, given large arrays in other ways than as copies. */
export const PISCINA_WAYS = ["piscina transfer", "piscina shared"] as const;
/** Tasks of Mobula, beside its actors. */
export const MOBULA_TASKS = "mobula tasks";
/** What Node has to stream from a thread: messages with credit, and its own stream, transferred. */
export const THREAD_STREAMS = ["thread messages", "thread ReadableStream"] as const;
export const PYTHON = ["ray", "multiprocessing"] as const;

/** Other ways to turn a value into bytes and back. */
export const CODECS = ["v8.serialize", "structuredClone", "msgpackr"] as const;

export const CONTENDERS: readonly string[] = [
  "mobula",
  MOBULA_TASKS,
  ...POOLS,
  ...PISCINA_WAYS,
  ...THREAD_STREAMS,
  ...PYTHON,
  ...CODECS,
];

export type PoolName = (typeof POOLS)[number];
export type PythonName = (typeof PYTHON)[number];
export type CodecName = (typeof CODECS)[number];
export type PiscinaWay = (typeof PISCINA_WAYS)[number];
export type ThreadStream = (typeof THREAD_STREAMS)[number];
export type NodeName =
  "mobula" | typeof MOBULA_TASKS | PoolName | PiscinaWay | ThreadStream | CodecName;
export type ContenderName = NodeName | PythonName;

/** One number that a round yields. The first figure of a case is the one that is compared. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
}

/** Measured values by figure name. */
export type Figures = Readonly<Record<string, number>>;

/** What Mobula is meant to reach: an absolute value, or a multiple of somebody else's median. */
export interface Goal {
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly times?: "best pool" | ContenderName;
}

/** A prepared contender. `run` is called once a round, never twice at a time. */
export interface Round {
  run(): Promise<Figures>;
  close(): Promise<void>;
}

export interface Case {
  /** As in `ray microbenchmark` where that has the same case. */
  readonly name: string;
  /** One unit of work in one sentence. */
  readonly what: string;
  readonly figures: readonly Figure[];
  readonly contenders: readonly ContenderName[];
  readonly goals: readonly Goal[];
  /** A discarded round before the first one; off where a round does not depend on warm code. */
  readonly warmUp: boolean;
  /** A new process for each round, where the peak memory of the process is a figure. */
  readonly freshProcess?: boolean;
  /** Where one round is long enough to say it all: no more than these, whatever is asked for. */
  readonly roundsMax?: number;
  /** Three minutes unless given. */
  readonly roundTimeoutMs?: number;
  /** Runs in the contender's own process. Python contenders know the case by its name. */
  prepare(contender: NodeName): Promise<Round>;
}

/** What a contender's process answers, one line of JSON each. */
export type Answer =
  | { readonly ready: true }
  | { readonly figures: Figures }
  | { readonly skipped: string }
  | { readonly failed: string };

export interface Result {
  readonly contender: ContenderName;
  /** One sample a round, by figure name. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
  /** Why there are fewer samples than rounds. */
  readonly note?: string;
}

export interface GoalOutcome {
  readonly text: string;
  /** Missing when Mobula or the compared contender has no samples. */
  readonly value?: number;
  readonly met?: boolean;
}

export interface Report {
  readonly case: string;
  readonly what: string;
  readonly figures: readonly Figure[];
  readonly rounds: number;
  readonly startedAt: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly results: readonly Result[];
  readonly goals: readonly GoalOutcome[];
}

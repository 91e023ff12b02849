/**
 * The kinds of message and which side sends them. Each body is a msgpack array whose elements
 * are listed here in order; a reader ignores elements beyond those it knows.
 * `docs/PROTOCOL.md` says what they mean.
 */

export const Kind = {
  /** Both, first on every link: version, session, token, processId, role, language, pid */
  hello: 1,

  // Between any two processes that run the user's code.
  /** hash, code */
  defineCode: 2,
  /** functionId, name, parameterCount, isGenerator, payload */
  defineFunction: 3,
  /** functionId */
  dropFunction: 4,
  /** taskNumber, leaseId, functionId, posting, extras | nil, inlined | nil, meta | nil, args */
  task: 5,
  /** taskNumber, durationUs, array of payloads (meta | nil, value), one for each return */
  result: 6,
  /** taskNumber, durationUs: the result is undefined */
  resultVoid: 7,
  /** taskNumber, durationUs, payload of the error */
  failure: 8,
  /** taskNumber: it begins to run (only for tasks with a deadline) */
  started: 9,
  /** taskNumber, isForced, isRecursive, payload of the reason */
  cancel: 10,
  /** stream (1 or 2), name, pid, text */
  output: 11,

  /** key, isForced, isRecursive: end the call that makes the object */
  cancelObject: 12,

  /** leaseId, isBlocked: children that a finished task has left behind still run there */
  leaseBlocked: 13,

  /** taskNumber, segment keys: it has not begun, as these parts of its arguments are lost */
  argumentsLost: 35,
  /** leaseId: a task that was pushed on it was taken back, and has not begun */
  dropped: 36,

  // Actors.
  /** taskNumber, functionId, actorKey, incarnation, leaseId, settings, extras … */
  createActor: 14,
  /** taskNumber, incarnation, method, extras | nil, inlined | nil, meta | nil, arguments */
  callMethod: 15,
  /** incarnation: end once what was sent is done */
  endActor: 16,
  /** actorKey: to the owner, who ends it at once */
  killActor: 17,
  /** requestId, actorKey: to the owner */
  askHandle: 18,
  /** requestId, payload of a handle, or of null: there is no such actor */
  handleAnswer: 19,
  /** taskNumber, functionId, spec, inlined | nil, meta | nil, arguments: create it as your own */
  adoptActor: 31,

  // Streams.
  /** taskNumber, payload of the element */
  streamElement: 32,
  /** taskNumber, count of elements consumed in all */
  streamConsumed: 33,
  /** taskNumber: no more elements are wanted */
  streamStop: 34,

  // Ownership; see core/ownership.ts.
  /** key, requesterId, segment keys: parts of the value that the requester could not read */
  fetch: 20,
  /** key, isFailure, payload */
  value: 21,
  /** key, borrowerId */
  borrow: 22,
  /** key, ownerId */
  borrowed: 23,
  /** handoutId */
  received: 24,
  /** key, grants, borrowerId */
  release: 25,
  /** key, borrowers [[id, grants]], isFailure, payload */
  transfer: 26,
  /** key, ownerId */
  moved: 27,
  /** key */
  movedReceived: 28,
  /** key, file [name, sizeBytes, moves], borrowers [id, grants …] */
  transferSegment: 29,
  /** file [name, sizeBytes, moves]: the receiver made it, and may use it again */
  returnFile: 30,

  // Process to daemon.
  /**
   * classId, demand [[name, units]], environment, priority, isLong, leases, isDedicated,
   * isRetriable
   */
  want: 40,
  /** leaseId */
  returnLease: 41,
  /** leaseId */
  parked: 42,
  /** leaseId */
  resumed: 43,
  /** workerId, reason */
  killWorker: 44,
  /** requestId */
  askResources: 45,
  /** The worker stays: it owns live objects or has work */
  retireRefused: 46,
  /** environment, {name: value}: variables of workers of that environment */
  defineEnvironment: 47,
  /** Ends the runtime */
  shutdown: 48,
  /** Settings of the daemon, from the process that starts it */
  configureDaemon: 49,
  /** The worker accepts connections and tasks */
  workerReady: 50,
  /** processId: nothing that this process had sent before its end is unread */
  exitSettled: 51,
  /** name, moves, ownerId: who owns the file of a stored object now */
  fileTaken: 52,
  /** name: such a file is no more */
  fileRemoved: 53,
  /** Other processes are to make room in the store */
  storeIsFull: 54,
  /** requestId, table: the answer to `describeMemory` */
  memoryTable: 55,

  /** waiting [callId, awaited], queued [callId, running], names {callId: name} */
  waits: 56,

  // Daemon to process.
  /** leaseId, workerId, classId */
  grant: 60,
  /** classId, message, then nil, or resource, requested, total */
  reject: 61,
  /** leaseId */
  reclaim: 62,
  /** processId, pid, exitCode, signal, residentBytes, stderrTail, reason, shortage; or nil each */
  exited: 63,
  /** requestId, total {resource: amount}, available {resource: amount} */
  resources: 64,
  /** End if nobody needs you */
  retire: 65,
  /** text of a warning for the user */
  notice: 66,
  /** pid, which is also the number of its process group */
  workerStarted: 67,
  /** The daemon is ready */
  welcome: 68,
  /** Settings of the worker */
  configureWorker: 69,
  /** Cold objects are to go to disk */
  spill: 70,
  /** requestId: say what you hold */
  describeMemory: 71,

  /** callId, names: calls wait for one another in a circle, and this one is to fail */
  breakCircle: 72,

  // Tool to daemon, and back.
  /** Which objects are there, and who holds them? */
  askMemory: 80,
  /** answer */
  memoryAnswer: 81,
  /** Which actors are there? */
  askActors: 82,
  /** answer */
  actorsAnswer: 83,

  // Control plane: process to daemon, and back; see control/control-plane.ts. An entry is
  // [key, revision, value]; texts are values.
  /** requestId, key */
  controlGet: 90,
  /** requestId, prefix */
  controlList: 91,
  /** requestId, key, expectedRevision, value (undefined: delete) */
  controlSet: 92,
  /** watchId, prefix */
  controlWatch: 93,
  /** watchId */
  controlUnwatch: 94,
  /** requestId, entry | nil: the answer to `controlGet` */
  controlEntry: 95,
  /** requestId, array of entries: the answer to `controlList` */
  controlEntries: 96,
  /** requestId, revision | nil (it was not set), entry | nil: the answer to `controlSet` */
  controlOutcome: 97,
  /** watchId, key, revision, value (undefined: deleted) */
  controlChange: 98,
} as const;

export type Kind = (typeof Kind)[keyof typeof Kind];

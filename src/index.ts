/**
 * Mobula: parallel and distributed TypeScript without restructuring your code.
 *
 * The public names. Everything else in this package may change without notice.
 */

import { nameOwnFunctions } from "./api/own-names.ts";
import { remoteValues } from "./api/remote-values.ts";
import { connectRemoteValues } from "./api/start.ts";
import { utilities } from "./util/own-names.ts";

nameOwnFunctions(utilities);
connectRemoteValues(remoteValues);

export { remote } from "./api/remote.ts";
export { allocate, type TypedArrayClass } from "./api/allocate.ts";
export { getActor, kill } from "./api/actors.ts";
export { asCompleted } from "./api/as-completed.ts";
export { cancel, get, put, wait, type CancelOptions } from "./api/objects.ts";
export { init, type Runtime } from "./api/init.ts";
export type { InitOptions } from "./api/init-options.ts";
export type { FaultOptions } from "./base/fault-settings.ts";
export { context, type Context } from "./api/context.ts";
export type {
  ActorHandle,
  ActorMethod,
  ActorOptions,
  AnyActorHandle,
  ConcurrencyGroup,
  GetActorOptions,
  MethodOptions,
  RemoteClass,
} from "./api/actor-types.ts";
export type {
  AsCompletedOptions,
  GetOptions,
  MapOptions,
  MapResult,
  ObjectRef,
  Progress,
  RefIterable,
  RefStream,
  RemoteFunction,
  TaskOptions,
  WaitOptions,
} from "./api/types.ts";
export { ActorPool, type ActorPoolOptions } from "./util/actor-pool.ts";
export type { PoolResult } from "./util/pool-map.ts";
export { Queue, type QueueOptions } from "./util/queue.ts";
export {
  ActorDeadlockError,
  ActorDiedError,
  ActorNameTakenError,
  ActorNotFoundError,
  ActorPoolEmptyError,
  ActorUnavailableError,
  CallDepthError,
  EnvironmentSetupError,
  GetTimeoutError,
  InvalidOptionError,
  MobulaError,
  ObjectLostError,
  ObjectStoreFullError,
  OutOfDiskError,
  OutOfMemoryError,
  OwnerDiedError,
  PendingCallsLimitError,
  QueueClosedError,
  QueueEmptyError,
  QueueFullError,
  RuntimeEndedError,
  SerializationError,
  TaskCancelledError,
  TaskTimeoutError,
  UnschedulableError,
  WorkerCrashedError,
} from "./base/errors.ts";

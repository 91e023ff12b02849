/** Seeds that have failed, and of what. (They do so no more with programs drawn in other ways.) */
export const seeds: readonly { readonly seed: number; readonly what: string }[] = [
  { seed: 13, what: "a board that was removed by who only took its owner for dead" },
  { seed: 153, what: "a worker that is killed while it starts fails nobody's calls" },
  { seed: 200, what: "a worker that is replaced while it starts fails nobody's calls" },
  { seed: 319, what: "a call of an actor whose link was cut" },
  { seed: 359, what: "an argument that proved lost while its task was queued arrived as an error" },
  { seed: 31062, what: "a worker that retired ended those that it still had leases on" },
  { seed: 31092, what: "a link was cut, and what came over a second one was heard" },
  { seed: 243, what: "a stored value that was lost with the runtime was awaited for ever" },
  { seed: 8_000_005, what: "a worker ended for its memory was waited for when it was gone" },
  { seed: 389_476_592_845, what: "what was cancelled for a caller held for dead told it so" },
  { seed: 170_007_339, what: "bytes overtook those that came before somebody listened" },
  { seed: 220_013_492, what: "a wish that crossed its rejection was granted again and again" },
  { seed: 60, what: "the end of an actor took workers along in which others had tasks" },
];

/** The process that functions are shipped to: calls what it gets and sends back what comes out. */

import { Closures, pack, unpack } from "./values.mjs";

const closures = new Closures({ entryUrl: process.argv[2] });

process.on("message", async ({ id, message }) => {
  let outcome;
  try {
    const { subject, args, depth } = await unpack(closures, message);
    // Sent on from here once more, it is still the same function.
    let again = subject;
    for (let i = 0; i < depth; i++) again = await unpack(closures, pack(closures, again));
    outcome = { result: await again(...args) };
  } catch (error) {
    outcome = { error };
  }
  try {
    process.send({ id, message: pack(closures, outcome) });
  } catch (error) {
    process.send({ id, message: pack(closures, { error }) });
  }
});
process.on("disconnect", () => process.exit());

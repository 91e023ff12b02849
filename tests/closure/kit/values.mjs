/** Values with functions in them to plain messages and back, as the runtime does it on a link. */

/** Elsewhere only while two people build at once. */
const dist = process.env.MOBULA_DIST ?? new URL("../../../dist/", import.meta.url);
const load = (path) => import(new URL(path, dist).href);
const { Closures } = await load("closure/closures.js");
const { MsgpackReader, MsgpackWriter } = await load("base/msgpack.js");
const { encodeValue } = await load("values/encode.js");
const { decodeValue } = await load("values/decode.js");

export { Closures };

/** A message for another process: the bytes and every code object they need. */
export function pack(closures, value, root = "value") {
  const writer = new MsgpackWriter();
  const buffers = [];
  const hashes = new Set();
  const extend = (object, path) => closures.extend(object, path, hashes);
  encodeValue(writer, value, { root, buffers, extend });
  return {
    bytes: writer.bytes.subarray(0, writer.position),
    buffers: buffers.map((part) => Buffer.from(part)),
    codes: Array.from(hashes, (hash) => closures.getCode(hash)),
  };
}

export async function unpack(closures, { bytes, buffers, codes }) {
  for (const code of codes) closures.addCode(code);
  await closures.prepare(codes.map(({ hash }) => hash));
  return decodeValue(new MsgpackReader(Buffer.from(bytes)), {
    buffers: buffers.map((part) => Buffer.from(part)),
    create: (type, head) => closures.create(type, head),
    fill: (type, created, body) => closures.fill(type, created, body),
  });
}

/** Values with functions in them to plain messages and back, as the runtime does it on a link. */

const library = await import(process.env.LIBRARY);
const { Closures, MsgpackReader, MsgpackWriter, decodeValue, encodeValue } = library;

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

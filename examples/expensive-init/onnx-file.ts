/**
 * Writes neural networks in the ONNX format, which is protobuf: a message is a list of fields, each
 * a tag (number and kind) with an integer, or with a length and so many bytes. The numbers of the
 * fields are those of onnx.proto.
 */

/** Older than what is needed here would do too; newer ones need a newer reader. */
const IR_VERSION = 8;
const OPSET_VERSION = 13;
const FLOAT = 1;

export interface Model {
  readonly name: string;
  readonly input: Rows;
  readonly output: Rows;
  readonly weights: readonly Weights[];
  /** In an order in which they can run. */
  readonly operations: readonly Operation[];
}

/** A table with any number of rows. */
export interface Rows {
  readonly name: string;
  readonly columns: number;
}

export interface Weights {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Inputs and outputs are known by their names. */
export interface Operation {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** The bytes of the file. */
export function encodeModel({ name, input, output, weights, operations }: Model): Buffer {
  const graph = [
    ...operations.map((operation) => message(1, encodeOperation(operation))),
    text(2, name),
    ...weights.map((each) => message(5, encodeWeights(each))),
    message(11, encodeRows(input)),
    message(12, encodeRows(output)),
  ];
  const opset = [text(1, ""), integer(2, OPSET_VERSION)];
  return Buffer.concat([integer(1, IR_VERSION), message(7, graph), message(8, opset)]);
}

function encodeOperation({ type, inputs, output }: Operation): Buffer[] {
  return [...inputs.map((name) => text(1, name)), text(2, output), text(4, type)];
}

function encodeWeights({ name, shape, values }: Weights): Buffer[] {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return [...shape.map((n) => integer(1, n)), integer(2, FLOAT), text(8, name), bytes(9, raw)];
}

function encodeRows({ name, columns }: Rows): Buffer[] {
  const shape = [message(1, [text(2, "rows")]), message(1, [integer(1, columns)])];
  const tensor = [integer(1, FLOAT), message(2, shape)];
  return [text(1, name), message(2, [message(1, tensor)])];
}

function message(field: number, fields: readonly Buffer[]): Buffer {
  return bytes(field, Buffer.concat(fields));
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

/** Seven bits a byte, the lowest first; all but the last byte have the highest bit set. */
function varint(value: number): Buffer {
  const digits: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 0x80)) digits.push((value & 0x7f) | 0x80);
  return Buffer.from([...digits, value]);
}

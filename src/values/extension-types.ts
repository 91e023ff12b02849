/**
 * The extension types of the value format. Every process of a session must read them alike, in
 * whatever language it is written: a number, once given, is never given again.
 *
 * A value is one msgpack item. nil, booleans, integers, 64-bit floats, strings (UTF-8), arrays and
 * maps with string keys mean themselves; binary is a byte string (`Buffer`) that shares its memory
 * with nothing. All else is of two kinds:
 *
 * - a LEAF is an extension whose payload is all there is;
 * - a TAG is an extension with one zero byte as payload, which begins an array: the array stands
 *   for what the tag says, and its other items are the parts.
 *
 * Arrays, maps, binary, and every leaf and tag marked with * are objects. Objects are numbered
 * from 0 in the order in which they begin; REFERENCE points back to one by that number. Only a
 * value that begins with PRELUDE may hold a REFERENCE or a VIEW.
 */

/** Leaf, one zero byte. */
export const UNDEFINED = 0;
/** Leaf: two's complement, big-endian, of any length. */
export const BIGINT = 1;
/**
 * Leaf: a string as UTF-16, little-endian: one that UTF-8 cannot carry (lone surrogates), and any
 * for which it is faster.
 */
export const STRING_UTF16 = 2;
/** Leaf*: milliseconds since 1970 as 64-bit float, big-endian; NaN is the invalid date. */
export const DATE = 3;
/** Leaf: the number of an object that began before, in 1, 2 or 4 bytes, big-endian. */
export const REFERENCE = 4;
/**
 * Leaf*, 16 bytes, big-endian: a kind (1 byte, the index into `VIEW_KINDS`), the number of the
 * region it looks at (3 bytes), where in the region it begins (6 bytes), its length in bytes (6).
 */
export const VIEW = 5;
/**
 * Leaf, 4 bytes, only as region: the index of a buffer beside the message. The receiver may look
 * at it in place.
 */
export const OUT_OF_BAND = 6;
/** As OUT_OF_BAND, but an ArrayBuffer object looks at it: it must have exactly that size. */
export const OUT_OF_BAND_WHOLE = 7;

/** Tag: the regions of memory that views look at (binary or OUT_OF_BAND), then the value. */
export const PRELUDE = 16;
/** Tag*: key, value, key, value ... of an object without prototype. */
export const NULL_OBJECT = 17;
/** Tag*: length, then index or key, value ...: an array with holes, or with named properties. */
export const SPARSE_ARRAY = 18;
/** Tag*: key, value, key, value ... */
export const MAP = 19;
/** Tag*: the members. */
export const SET = 20;
/** Tag*: source, flags. */
export const REGEXP = 21;
/** Tag*: the primitive of a Number, String, Boolean, BigInt or Symbol object. */
export const BOXED = 22;
/** Tag: the key given to `Symbol.for`. */
export const SYMBOL_REGISTERED = 23;
/** Tag: "iterator" stands for `Symbol.iterator`. */
export const SYMBOL_WELL_KNOWN = 24;
/**
 * Tag*: class name, count of hidden (not enumerable) properties, then key, value ... of the hidden
 * ones (message, stack, cause ...) and of the others.
 */
export const ERROR = 25;
/** Tag*: message, name, then as ERROR from the count on. */
export const DOM_EXCEPTION = 26;
/** Tag*: the address. */
export const URL_OBJECT = 27;
/** Tag*: the query as one string. */
export const URL_SEARCH_PARAMS = 28;
/** Tag*: name, value, name, value ... of a Headers. */
export const HEADERS = 29;
/** Tag*: name, value, name, value ... of a FormData without files. */
export const FORM_DATA = 30;
/** Tag*: name of a class ("Temporal.Instant", "Intl.Locale"), text that one is made from. */
export const NAMED_TEXT = 31;
/** Tag*: the items of an arguments object. */
export const ARGUMENTS = 32;
/**
 * Tag*: a class, and the form from which its static `mobula.deserialize` makes the object, or what
 * `arrow-forms.ts` says.
 */
export const OWN_FORM = 33;
/**
 * Tag*: number of a layout, then the values of its keys: an instance of a class that is no more
 * than its ordinary properties.
 */
export const INSTANCE = 34;
/**
 * Tag*: a REFERENCE to a class, count of keys, the keys, their values. The same as INSTANCE; class
 * and keys are the next layout, counted from 0.
 */
export const LAYOUT = 35;

/**
 * From here to 127 the types belong to the runtime. All are tags* with two parts: a head, from
 * which the receiver creates the object, and a body, which may point back at it.
 */
export const RUNTIME_TYPE_MIN = 64;
export const RUNTIME_TYPE_MAX = 127;
export const FUNCTION = 64;
export const CLASS_INSTANCE = 65;
export const OBJECT_REF = 66;
export const REMOTE_FUNCTION = 67;
export const REMOTE_CLASS = 68;
export const ACTOR_HANDLE = 69;

/** Kinds of VIEW, by number. */
export const VIEW_KINDS = [
  "ArrayBuffer",
  "DataView",
  "Buffer",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
] as const;
export type ViewKind = (typeof VIEW_KINDS)[number];

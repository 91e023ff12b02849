import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import { types } from "node:util";
import { SerializationError } from "../base/errors.ts";
import { MalformedMsgpackError } from "../base/msgpack.ts";
import { assertSame, decode, encode, roundTrip } from "./same.test.ts";

test("Headers and FormData keep what comes several times, in order", () => {
  const headers = new Headers([
    ["set-cookie", "a=1"],
    ["x-é".slice(0, 2), "y"],
    ["set-cookie", "b=2"],
  ]);
  const received = roundTrip([headers, headers]) as Headers[];
  assert.equal(received[0], received[1]);
  assert.deepEqual([...received[0]!], [...headers]);
  assert.deepEqual(received[0]!.getSetCookie(), ["a=1", "b=2"]);
  const form = new FormData();
  for (const [name, value] of ["b1", "a2", "b3"]) form.append(name!, value!);
  assert.deepEqual([...(roundTrip(form) as FormData)], [...form]);
});

test("locales survive", () => {
  const locale = new Intl.Locale("de-AT", { numberingSystem: "latn", hourCycle: "h12" });
  assert.equal(String(roundTrip(locale)), String(locale));
});

interface Text {
  toString(): string;
}

interface TemporalClass {
  from(text: string): object;
}

test("Temporal survives, where there is one", (context) => {
  const temporal = Reflect.get(globalThis, "Temporal") as Record<string, TemporalClass> | undefined;
  if (temporal === undefined) return context.skip("this Node has no Temporal");
  const texts = {
    Instant: "2024-05-06T07:08:09.123456789Z",
    ZonedDateTime: "2024-05-06T07:08:09.123456789+02:00[Europe/Berlin]",
    PlainDate: "2024-05-06[u-ca=hebrew]",
    PlainTime: "07:08:09.000000001",
    PlainDateTime: "2024-05-06T07:08:09.000000001",
    PlainYearMonth: "2024-05",
    PlainMonthDay: "05-06",
    Duration: "P1Y2M3DT4H5M6.007S",
  };
  for (const [name, text] of Object.entries(texts)) {
    const value = temporal[name]!.from(text);
    const received = roundTrip({ value }) as { value: object };
    assert.equal(Reflect.getPrototypeOf(received.value), Reflect.getPrototypeOf(value));
    assert.equal((received.value as Text).toString(), (value as Text).toString());
  }
});

test("what cannot be read at once, or lives here only, is refused with what to do", () => {
  const cases: [object, RegExp][] = [
    [new AbortController().signal, /AbortSignal.*option signal/],
    [AbortSignal.abort(), /AbortSignal.*option signal/],
    [new AbortController(), /AbortController.*option signal/],
    [new Blob(["a"]), /Blob.*arrayBuffer/],
    [new Request("http://host"), /Request.*url/],
    [new Response("a"), /Response.*arrayBuffer/],
    [createSecretKey(Buffer.from("key")), /KeyObject.*export/],
    [new FinalizationRegistry(() => undefined), /FinalizationRegistry/],
    [new MessageChannel().port1, /MessagePort/],
  ];
  for (const [value, text] of cases) {
    const refused = (error: unknown): boolean =>
      error instanceof SerializationError &&
      error.path === "value.a[0]" &&
      text.test(error.message) &&
      error.message.includes("; ");
    assert.throws(() => encode({ a: [value] }), refused, String(text));
  }
});

test("impostors of these classes are refused", () => {
  for (const { prototype } of [Headers, FormData, Intl.Locale]) {
    const impostor = Object.create(prototype as object) as object;
    assert.throws(() => encode([impostor]), SerializationError);
  }
});

test("bytes that these classes refuse are malformed", () => {
  const bytes = encode(new Headers({ name: "value" })).bytes;
  bytes[bytes.indexOf("name")] = 0x0a;
  assert.throws(() => decode({ bytes, buffers: [] }), MalformedMsgpackError);
  const locale = encode(new Intl.Locale("de-AT")).bytes;
  locale[locale.indexOf("de-AT")] = 0x2d;
  assert.throws(() => decode({ bytes: locale, buffers: [] }), MalformedMsgpackError);
});

test("what is no plain object inside does not arrive as one", () => {
  const items = (function (..._all: unknown[]) {
    return arguments; // eslint-disable-line prefer-rest-params -- the object is what is tested
  })(1, "x", {});
  const [first, again] = roundTrip([items, items]) as [ArrayLike<unknown>, unknown];
  assert(types.isArgumentsObject(first) && first === again);
  assertSame(Array.from(first), [1, "x", {}]);
  const hidden = Object.defineProperty({}, "hidden", { value: 1 });
  for (const value of [Math, JSON, Map.prototype, hidden, { [Symbol.for("key")]: 1 }]) {
    assert.throws(() => encode({ value }), /^SerializationError: Cannot send value\.value: /);
    const asked: object[] = [];
    const extend = (found: object): undefined => void asked.push(found);
    assert.throws(() => encode({ value }, { extend }), SerializationError);
    assert.deepEqual(asked, [value]);
  }
});

/**
 * Objects of the platform that can be made again from what they say of themselves: programs keep
 * them in constants beside the functions that use them.
 */

import { TextDecoder, TextEncoder } from "node:util";
import type { Kind } from "./kinds.ts";

interface Formatter {
  resolvedOptions(): { readonly locale: string };
}

const formatters: readonly Kind[] = [
  "Collator",
  "DateTimeFormat",
  "DisplayNames",
  "ListFormat",
  "NumberFormat",
  "PluralRules",
  "RelativeTimeFormat",
  "Segmenter",
].map((name) => {
  const Class = Reflect.get(Intl, name) as new (locale: string, options: object) => object;
  return {
    name: `Intl.${name}`,
    isWhole: true,
    matches: (value) => value instanceof Class,
    head: (value) => (value as Formatter).resolvedOptions(),
    create: (head) => {
      const options = head as ReturnType<Formatter["resolvedOptions"]>;
      return new Class(options.locale, options);
    },
    isGiven: () => true,
  };
});

export const wholeKinds: readonly Kind[] = [
  ...formatters,
  {
    name: "TextEncoder",
    isWhole: true,
    matches: (value) => value instanceof TextEncoder,
    create: () => new TextEncoder(),
    isGiven: () => true,
  },
  {
    name: "TextDecoder",
    isWhole: true,
    matches: (value) => value instanceof TextDecoder,
    head: (value) => {
      const { encoding, fatal, ignoreBOM } = value as TextDecoder;
      return { encoding, options: { fatal, ignoreBOM } };
    },
    create: (head) => {
      const { encoding, options } = head as { encoding: string; options: { fatal: boolean } };
      return new TextDecoder(encoding, options);
    },
    isGiven: () => true,
  },
];

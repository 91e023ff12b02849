/**
 * MinHash: a file becomes a sketch of 256 numbers, and the share of equal numbers in two sketches
 * estimates how much of their text two files have in common (their Jaccard similarity).
 */
import { readFileSync, statSync } from "node:fs";
import { hashShingles, scramble } from "./shingles.ts";

const HASHES = 256;
const MAX_FILE_BYTES = 64 * 2 ** 20;

/** Why a file has no sketch. */
export type Skipped = "empty" | "binary" | "too large" | "unreadable";
export type Sketch = Uint32Array | Skipped;

/** Reads and sketches one file: the function that runs on one core or on all of them. */
export function sketchFile(path: string): Sketch {
  const text = readText(path);
  if (typeof text === "string") return text;
  const sketch = new Uint32Array(HASHES).fill(0xffff_ffff);
  const shingles = hashShingles(text);
  if (shingles.length === 0) return "empty";
  // For each of 256 hash functions, the smallest value over all shingles of the text.
  for (const shingle of shingles) {
    for (let i = 0; i < HASHES; i++) {
      const value = (Math.imul(shingle, MULTIPLIERS[i]!) + OFFSETS[i]!) >>> 0;
      if (value < sketch[i]!) sketch[i] = value;
    }
  }
  return sketch;
}

/** The share of equal numbers, from 0 to 1. */
export function similarity(one: Uint32Array, other: Uint32Array): number {
  let equal = 0;
  for (let i = 0; i < HASHES; i++) if (one[i] === other[i]) equal++;
  return equal / HASHES;
}

function readText(path: string): Uint8Array | Skipped {
  try {
    const { size } = statSync(path);
    if (size === 0) return "empty";
    if (size > MAX_FILE_BYTES) return "too large";
    const bytes = readFileSync(path);
    return bytes.subarray(0, 8_192).includes(0) ? "binary" : bytes;
  } catch {
    return "unreadable"; // No permission, or gone meanwhile: counted and shown in the report.
  }
}

// The hash functions are x => a * x + b, each with constants of its own.
const MULTIPLIERS = Uint32Array.from({ length: HASHES }, (_, i) => scramble(2 * i + 1) | 1);
const OFFSETS = Uint32Array.from({ length: HASHES }, (_, i) => scramble(2 * i + 2));

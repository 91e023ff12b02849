/** The object store of a simulated process. */

import { ObjectLostError } from "../base/errors.ts";
import { layOut } from "../store/layout.ts";
import type { FileReading } from "../store/mapped-file.ts";
import type { Allocated, ObjectStore, OwnedFile, Stored } from "../store/object-store.ts";
import type { FileName, Place } from "../store/store-file.ts";
import type { StorePlace } from "../store/store.ts";
import type { SimulatedFiles } from "./simulated-files.ts";

/** Of the limit; what is more makes cold objects go to disk. */
const SPILL_ABOVE = 0.8;

class SimulatedOwnedFile implements OwnedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly moves: number;
  readonly place: Place;

  constructor({ name, sizeBytes, moves }: FileName, place: Place) {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.moves = moves;
    this.place = place;
  }

  get path(): string {
    return this.name;
  }

  get fileName(): FileName {
    return { name: this.name, sizeBytes: this.sizeBytes, moves: this.moves };
  }

  get makerId(): number {
    return Number.parseInt(this.name, 10);
  }
}

export class SimulatedStore implements ObjectStore {
  readonly storedBytesMin: number;
  readonly limitBytes: number;
  readonly freeBytes = 0;
  readonly mappedShare = 0;
  onRemoved: ((file: FileName) => void) | undefined;
  readonly #place: StorePlace;
  readonly #files: SimulatedFiles;

  constructor(place: StorePlace, files: SimulatedFiles) {
    this.#place = place;
    this.#files = files;
    this.storedBytesMin = place.storedBytesMin;
    this.limitBytes = place.limitBytes;
  }

  write(pieces: readonly Uint8Array[]): Stored {
    const layout = layOut(pieces.map((piece) => piece.byteLength));
    const bytes = new Uint8Array(layout.sizeBytes);
    pieces.forEach((piece, index) => bytes.set(piece, layout.offsets[index]));
    const isFull = this.#files.memoryBytes + layout.sizeBytes > this.limitBytes;
    const place = isFull || !this.#files.hasRoom ? "disk" : "memory";
    const name = this.#files.newName(this.#place.processId);
    const file = new SimulatedOwnedFile({ name, sizeBytes: layout.sizeBytes, moves: 0 }, place);
    this.#files.create(name, place, bytes);
    this.#count(file, 1);
    return { file, layout };
  }

  allocate(sizeBytes: number): Allocated {
    const { file } = this.write([new Uint8Array(sizeBytes)]);
    const buffer = new ArrayBuffer(sizeBytes);
    const seal = (): void => {
      this.#files.find(file.name)?.bytes.set(new Uint8Array(buffer));
    };
    return { file, memory: { makePrivate: seal }, buffer };
  }

  excessBytes(): number {
    return this.#files.memoryBytes - this.limitBytes * SPILL_ABOVE;
  }

  giveUpFree(): void {
    // None are kept.
  }

  spill(file: OwnedFile): Promise<OwnedFile> {
    const found = this.#files.find(file.name);
    if (found !== undefined) found.place = "disk";
    this.#count(file, -1);
    return Promise.resolve(new SimulatedOwnedFile(file, "disk"));
  }

  read({ name, sizeBytes }: FileName, onReleased: () => void): FileReading {
    const found = this.#files.find(name);
    if (found === undefined) {
      throw new ObjectLostError(`Cannot read stored object ${name}: its file is gone`, {
        objectId: name,
      });
    }
    const copy = found.bytes.slice(0, sizeBytes);
    return {
      view: (offset, size) => copy.buffer.slice(offset, offset + size),
      peek: (offset, size) => copy.subarray(offset, offset + size),
      close: onReleased,
    };
  }

  adopt({ name, sizeBytes, moves }: FileName): OwnedFile {
    const place = this.#files.find(name)?.place ?? "disk";
    const file = new SimulatedOwnedFile({ name, sizeBytes, moves }, place);
    this.#count(file, 1);
    return file;
  }

  disown(file: OwnedFile): void {
    this.#count(file, -1);
  }

  free(file: OwnedFile): void {
    this.#files.remove(file.name);
    this.#count(file, -1);
    if (file.moves > 0) this.onRemoved?.(file);
  }

  has({ name, sizeBytes }: FileName): boolean {
    const found = this.#files.find(name);
    return found !== undefined && found.bytes.length >= sizeBytes;
  }

  discard(file: OwnedFile): void {
    this.free(file);
  }

  lose({ name }: FileName): void {
    this.#files.remove(name);
  }

  #count(file: OwnedFile, sign: 1 | -1): void {
    if (file.place !== "memory") return;
    const { usage } = this.#files;
    const { slot } = this.#place;
    usage.set(slot, (usage.get(slot) ?? 0) + sign * file.sizeBytes);
  }

  close(): void {
    // Files go with the session.
  }
}

import type { MsgpackWriter } from "../base/msgpack.ts";
import { VIEW, VIEW_KINDS } from "./extension-types.ts";
import type { ViewKind } from "./extension-types.ts";
import { OUT_OF_BAND_BYTES_MIN } from "./limits.ts";

/** Views closer to each other than this share a region; the gap between them travels too. */
const GAP_BYTES_MAX = OUT_OF_BAND_BYTES_MIN;

/** Memory that travels as one piece; the views of a value look at regions. */
export interface Region {
  readonly memory: ArrayBuffer;
  readonly startBytes: number;
  endBytes: number;
  /** An ArrayBuffer object is among its views: the receiver needs one of exactly this size. */
  whole: boolean;
}

/** A VIEW that was written: its region is known only when all views are. */
interface PendingView {
  /** Where its payload begins in the writer. */
  readonly at: number;
  readonly kind: ViewKind;
  readonly startBytes: number;
  readonly endBytes: number;
}

const kindNumbers = new Map<ViewKind, number>(VIEW_KINDS.map((kind, number) => [kind, number]));

/**
 * The typed arrays, DataViews, Buffers and ArrayBuffers of one value. Views of one ArrayBuffer keep
 * sharing it, but only what they look at travels: not the pool that a small slice lies in, nor the
 * rest of a huge ArrayBuffer.
 */
export class Views {
  /** By what they share: an ArrayBuffer, or just themselves. */
  readonly #groups = new Map<object, { memory: ArrayBuffer; views: PendingView[] }>();

  /**
   * Writes a VIEW whose region follows in `regions`; alone, it shares that with no other view.
   * Precondition: the memory is not shared with threads.
   */
  write(
    writer: MsgpackWriter,
    kind: ViewKind,
    view: ArrayBufferView | ArrayBuffer,
    isAlone: boolean,
  ): void {
    const memory = (ArrayBuffer.isView(view) ? view.buffer : view) as ArrayBuffer;
    const startBytes = ArrayBuffer.isView(view) ? view.byteOffset : 0;
    const sizeBytes = view.byteLength;
    writer.extensionHeader(VIEW, 16);
    const at = writer.reserve(16);
    writer.bytes[at] = kindNumbers.get(kind)!;
    writer.bytes.writeUIntBE(sizeBytes, at + 10, 6);
    const owner = isAlone ? view : memory;
    const pending = { at, kind, startBytes, endBytes: startBytes + sizeBytes };
    const group = this.#groups.get(owner);
    if (group === undefined) this.#groups.set(owner, { memory, views: [pending] });
    else group.views.push(pending);
  }

  /** Completes the VIEWs, which still lie where they were written, and returns their regions. */
  regions(writer: MsgpackWriter): Region[] {
    const regions: Region[] = [];
    for (const { memory, views } of this.#groups.values()) {
      // A neighbour may have wider elements: it stays aligned if the region is.
      const alignBytes = views.length > 1 ? 8 : 1;
      views.sort((left, right) => left.startBytes - right.startBytes);
      let region: Region | undefined;
      for (const { at, kind, startBytes, endBytes } of views) {
        if (region === undefined || startBytes > region.endBytes + GAP_BYTES_MAX) {
          const regionStart = startBytes - (startBytes % alignBytes);
          region = { memory, startBytes: regionStart, endBytes, whole: false };
          regions.push(region);
        }
        region.endBytes = Math.max(region.endBytes, endBytes);
        region.whole ||= kind === "ArrayBuffer";
        writer.bytes.writeUIntBE(regions.length - 1, at + 1, 3);
        writer.bytes.writeUIntBE(startBytes - region.startBytes, at + 4, 6);
      }
    }
    return regions;
  }
}

import { openCodec, SHAPES, SHAPE_NAMES } from "../codecs/codecs.ts";
import type { CodecName } from "../codecs/codecs.ts";
import { perSecond } from "../harness/measure.ts";
import { CODECS } from "../harness/types.ts";
import type { Case } from "../harness/types.ts";

const SHAPE_MS = 150;
/** A batch takes about a millisecond, so that looking at the clock costs nothing. */
const BATCHES: Readonly<Record<string, number>> = { "small call": 500 };

export const codec: Case = {
  name: "codec",
  what: "a value encoded and decoded again, in one process",
  figures: SHAPE_NAMES.map((name) => ({ name, unit: "/s", better: "higher" as const })),
  contenders: ["mobula", ...CODECS],
  goals: [
    ...SHAPE_NAMES.map((figure) => ({ figure, atLeast: 1, times: "v8.serialize" as const })),
    // It carries no classes.
    ...SHAPE_NAMES.filter((figure) => figure !== "classes").map((figure) => {
      return { figure, atLeast: 0.8, times: "msgpackr" as const };
    }),
  ],
  warmUp: true,
  prepare(contender) {
    const lanes = SHAPE_NAMES.map((shape) => {
      const carry = openCodec(contender as CodecName, shape);
      const count = BATCHES[shape] ?? 1;
      const batch = (): Promise<number> => {
        for (let i = 0; i < count; i++) carry(SHAPES[shape]);
        return Promise.resolve(count);
      };
      return { shape, batch };
    });
    const run = async (): Promise<Record<string, number>> => {
      const figures: Record<string, number> = {};
      for (const { shape, batch } of lanes) figures[shape] = await perSecond(batch, SHAPE_MS);
      return figures;
    };
    return Promise.resolve({ run, close: () => Promise.resolve() });
  },
};

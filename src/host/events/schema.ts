import { z } from '../../base/schema.js';

const number = z.int().min(0);

export const marksSchema = z.strictObject({
  ...{ last: number, saved: number },
  runs: z.array(
    z.tuple([
      z.string(),
      z.strictObject({
        ...{ run: z.string(), pid: number.nullable(), hasEnded: z.boolean(), number },
      }),
    ]),
  ),
});

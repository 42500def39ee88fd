import { type HostEvent, hostEventSchema } from '../../base/host-event.js';
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

/** A line of the file of events; undefined for one that is torn or another's. */
export function readStoredEvent(line: string): HostEvent | undefined {
  try {
    return hostEventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

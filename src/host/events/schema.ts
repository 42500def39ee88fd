import { EVENT_KINDS, type HostEvent, MAX_EVENT_TEXT } from '../../base/host-event.js';
import { isName, type PaneName, type SessionName } from '../../base/ids.js';
import { z } from '../../base/zod.js';

const session = z.custom<SessionName>((value) => typeof value === 'string' && isName(value));
const pane = z.custom<PaneName>((value) => typeof value === 'string' && isName(value));

const storedEvent = z.strictObject({
  number: z.int().min(1),
  at: z.number().min(0),
  kind: z.enum(EVENT_KINDS),
  session: session.nullable(),
  pane: pane.nullable(),
  by: z.string().nullable(),
  text: z.string().max(MAX_EVENT_TEXT),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

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
    return storedEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

import { panesAddressSchema } from './pane.js';
import { type ValueOf, z } from './schema.js';

const reloadChange = panesAddressSchema.extend({
  /** `changed` panes have another policy, and their commands go on. */
  change: z.enum(['added', 'removed', 'restarted', 'changed']),
});

export type ReloadChange = ValueOf<typeof reloadChange>;

export const reloadReportSchema = z.strictObject({ changes: z.array(reloadChange) });

export type ReloadReport = ValueOf<typeof reloadReportSchema>;

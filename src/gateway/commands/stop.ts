import { panesVerb } from './panes-verb.js';

export const stop = panesVerb({
  name: 'stop',
  summary: 'end commands as their policy says; they stay stopped until they are started',
  done: 'stopped',
  record: (audit, event) => audit.paneStopped(event),
});

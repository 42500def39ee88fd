import { panesVerb } from './panes-verb.js';

export const start = panesVerb({
  name: 'start',
  summary: 'start what does not run, each after what it depends on',
  done: 'started',
  record: (audit, event) => audit.paneStarted(event),
});

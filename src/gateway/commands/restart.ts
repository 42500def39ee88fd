import { panesVerb } from './panes-verb.js';

export const restart = panesVerb({
  name: 'restart',
  summary: 'end commands and start them again; make closed panes again',
  done: 'restarted',
  record: (audit, event) => audit.paneRestarted(event),
});

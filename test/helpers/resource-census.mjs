/**
 * Loaded before a program (`node --import`): whenever it gets SIGUSR2, it leaves what it holds that
 * cannot be seen from outside in the file `resources-COMMAND` of its home.
 */
import { EventEmitter } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { queryObjects } from 'node:v8';

const path = `${process.env['TRIAD_HOME']}/resources-${process.argv[2]}`;

process.on('SIGUSR2', () => {
  // This comes first, since it collects garbage, which may end other things.
  const emitters = queryObjects(EventEmitter, { format: 'count' });
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const names = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
  const listeners = Object.fromEntries(names);
  writeFileSync(`${path}.new`, JSON.stringify({ emitters, resources, listeners }));
  renameSync(`${path}.new`, path);
});

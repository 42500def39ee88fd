/** Loaded before a program (`node --import`): when it ends, it leaves the names of the packages it has loaded. */
import { writeFileSync } from 'node:fs';
import module from 'node:module';

process.once('exit', () => {
  const files = Object.keys(Reflect.get(module, '_cache'));
  const names = files.map((file) => /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '');
  const packages = [...new Set(names)].map((name) => name.replace('node_modules/', ''));
  writeFileSync(`${process.env['TRIAD_HOME']}/loaded-${process.argv[2]}`, packages.join('\n'));
});

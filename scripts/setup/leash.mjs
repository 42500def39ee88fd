/**
 * Runs a command in this process group and ends the whole group when standard input ends: that
 * happens when the set-up is gone, even by SIGKILL. Otherwise an orphaned `npm ci` would write
 * into `node_modules` together with that of the next set-up.
 */
import { spawn } from 'node:child_process';

const [command = '', ...args] = process.argv.slice(2);

process.stdin.resume();
process.stdin.on('end', () => process.kill(0, 'SIGKILL'));

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 127;
  process.stdin.destroy();
});
child.on('exit', (status) => {
  process.exitCode = status ?? 1;
  process.stdin.destroy();
});

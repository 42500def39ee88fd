#!/usr/bin/env node
import { EXIT } from '../base/exit-codes.js';
import { clampSize } from '../base/terminal-size.js';
import { type Output, tellError } from './output.js';

const gone = new AbortController();
const output: Output = {
  print: (text) => void process.stdout.write(text),
  tell: (text) => void process.stderr.write(text),
  terminalSize: () => {
    const { isTTY, columns, rows } = process.stdout;
    return isTTY ? clampSize(columns, rows) : undefined;
  },
  gone: gone.signal,
};

// A reader that closed the pipe, or a terminal that is gone, must not end the gateway.
process.stdout.on('error', () => gone.abort());
process.stderr.on('error', () => undefined);
// A file that may not grow (setrlimit(2), RLIMIT_FSIZE) fails its write, and ends nobody.
process.on('SIGXFSZ', () => undefined);

try {
  // Loaded here, so that what keeps Node.js from reading a file is told as everything else.
  const { runProgram } = await import('./program.js');
  process.exitCode = await runProgram(process.argv.slice(2), output);
} catch (error) {
  process.exitCode = tellError(output, error) || EXIT.failure;
}

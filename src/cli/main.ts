#!/usr/bin/env node
import { EXIT } from '../base/exit-codes.js';
import { type Output, tellError } from './output.js';
import { runProgram } from './program.js';

const output: Output = {
  print: (text) => void process.stdout.write(text),
  tell: (text) => void process.stderr.write(text),
};

// A reader that closed the pipe, or a terminal that is gone, must not end the gateway.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  process.exitCode = await runProgram(process.argv.slice(2), output);
} catch (error) {
  process.exitCode = tellError(output, error) || EXIT.failure;
}

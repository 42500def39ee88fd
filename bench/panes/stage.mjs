/**
 * What runs in the pane that observers watch: `node stage.mjs SOCKET`. It does what the bench asks for
 * over that socket, in lines of JSON, and answers each line with one.
 */
import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { colouredLog, END_OF_SCREEN, plainLines, stampNow } from './stage-text.mjs';

const SLICE_MS = 10;
const BULK_PIECE_BYTES = 64 * 1024;
const LOG = Buffer.from(colouredLog(64 * 1024));

/** @typedef {import('../systems/stage.mjs').Request} Request */

let stop = () => {};

/** Writes to the terminal; blocks while that takes nothing. @param {string | Buffer} text */
function write(text) {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
}

/** @param {Request} request */
function perform(request) {
  stop();
  switch (request.act) {
    case 'quiet':
      return write(
        `\x1b[0m\x1b[2J\x1b[H\x1b[999;999H\x1b[${END_OF_SCREEN.length - 1}D${END_OF_SCREEN}`,
      );
    case 'steady':
      return every(1000 / request.linesPerSecond, () => write(`\r\n${stampNow()}`));
    case 'flood':
      return flood(request.bytesPerSecond);
    case 'lines':
      return write(plainLines(request.count));
    case 'bulk':
      return bulk(request.bytes, request.limitMs);
  }
}

/** @param {number} ms @param {() => void} act */
function every(ms, act) {
  const timer = setInterval(act, ms);
  stop = () => clearInterval(timer);
}

/** @param {number} bytesPerSecond */
function flood(bytesPerSecond) {
  let place = 0;
  every(SLICE_MS, () => {
    const end = place + (bytesPerSecond * SLICE_MS) / 1000;
    write(LOG.subarray(place, end));
    place = end >= LOG.length ? 0 : end;
  });
}

/** @param {number} bytes @param {number} limitMs */
function bulk(bytes, limitMs) {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  let written = 0;
  while (written < bytes && elapsedMs() < limitMs) {
    write(LOG.subarray(0, BULK_PIECE_BYTES));
    written += BULK_PIECE_BYTES;
  }
  return { bytes: written, elapsedMs: elapsedMs() };
}

const socket = connect(process.argv[2] ?? '');
for await (const line of createInterface({ input: socket })) {
  socket.write(`${JSON.stringify(perform(JSON.parse(line)) ?? {})}\n`);
}
stop();

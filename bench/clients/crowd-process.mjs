/** The program of a crowd: it does what `Crowd` asks for over the channel to its parent. */
import { readFileSync } from 'node:fs';
import { Observer } from './observer.mjs';

/**
 * @typedef {{ id: number, call: 'join', details: JoinDetails } | { id: number, call: 'received' }} Call
 * @typedef {import('./observer.mjs').Target & { keyPath: string, count: number, parallel: number }} JoinDetails
 */

/** @type {Observer[]} */
const observers = [];

/** @param {Call} call */
async function perform(call) {
  return call.call === 'join' ? await join(call.details) : received();
}

/** @param {JoinDetails} details */
async function join(details) {
  const privateKey = readFileSync(details.keyPath);
  let left = details.count;
  const oneByOne = async () => {
    while (left > 0) {
      left -= 1;
      observers.push(await Observer.connect({ ...details, privateKey }));
    }
  };
  await Promise.all(Array.from({ length: details.parallel }, oneByOne));
}

function received() {
  const each = observers.map((observer) => observer.take());
  return {
    connections: observers.filter(({ isOpen }) => isOpen).length,
    bytes: each.reduce((total, { bytes }) => total + bytes, 0),
    packets: each.reduce((total, { packets }) => total + packets, 0),
    agesMs: each.flatMap(({ agesMs }) => agesMs),
  };
}

process.on('message', (/** @type {Call} */ call) => {
  perform(call).then(
    (result) => process.send?.({ id: call.id, result }),
    (error) => process.send?.({ id: call.id, error: String(error) }),
  );
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

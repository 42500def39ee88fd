import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { RefusedError } from '../../../src/base/errors.js';
import { paneId } from '../../../src/base/ids.js';
import type { WindowLayout } from '../../../src/base/window-layout.js';
import {
  layoutMessage,
  MAX_MESSAGE_BYTES,
  type MirrorMessage,
  MirrorMessageReader,
  outputMessages,
} from '../../../src/link/mirror-messages.js';

const PANE = {
  ...{ id: paneId('%3'), name: null, isActive: true },
  region: { col: 0, row: 0, cols: 80, rows: 24 },
};
const LAYOUT: WindowLayout = { size: { cols: 80, rows: 24 }, isZoomed: false, panes: [PANE] };

function read(bytes: Uint8Array): MirrorMessage[] {
  return [...new MirrorMessageReader().read(bytes)];
}

/** A message as a host with a bug could send it. */
function framed(type: number, body: string, length = Buffer.byteLength(body)): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(type);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

function layout(change: object): Buffer {
  return framed(1, JSON.stringify({ ...LAYOUT, ...change }));
}

test.prop([
  fc.array(fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 }))),
  fc.array(fc.nat({ max: 7 })),
])('messages come out as they went in, however the stream was cut', (sent, cuts) => {
  const messages = sent.flatMap((bytes) =>
    bytes === null ? [layoutMessage(LAYOUT)] : outputMessages(bytes),
  );
  let stream = Buffer.concat(messages);
  const reader = new MirrorMessageReader();
  const got: MirrorMessage[] = [];
  for (const cut of cuts) {
    got.push(...reader.read(stream.subarray(0, cut)));
    stream = stream.subarray(cut);
  }
  got.push(...reader.read(stream));
  const expected = sent.map((bytes) =>
    bytes === null
      ? { kind: 'layout', layout: LAYOUT }
      : { kind: 'output', bytes: Buffer.from(bytes) },
  );
  expect(got).toEqual(expected);
});

test('output of more than a message holds goes in several', () => {
  const bytes = new Uint8Array(MAX_MESSAGE_BYTES + 1);
  const sizes = outputMessages(bytes).map((message) => message.length);
  expect(sizes).toEqual([MAX_MESSAGE_BYTES + 5, 6]);
});

test('a message of the largest size is read, one byte more is refused before it is there', () => {
  expect(read(framed(2, 'x'.repeat(MAX_MESSAGE_BYTES)))).toHaveLength(1);
  expect(() => read(framed(2, '', MAX_MESSAGE_BYTES + 1))).toThrow(RefusedError);
});

test('a thousand panes fit, one more does not', () => {
  const panes = (count: number) => Array.from({ length: count }, () => PANE);
  expect(read(layout({ panes: panes(1000) }))).toHaveLength(1);
  expect(() => read(layout({ panes: panes(1001) }))).toThrow(RefusedError);
});

describe.each([
  ['of an unknown type', framed(3, 'x')],
  ['with a layout that is no JSON', framed(1, 'nonsense')],
  ['without a size', layout({ size: undefined })],
  ['with a size of nothing', layout({ size: { cols: 0, rows: 24 } })],
  ['with a size without an end', layout({ size: { cols: 1001, rows: 24 } })],
  ['with a pane that is a target', layout({ panes: [{ ...PANE, id: '$0' }] })],
  ['with a name that is none', layout({ panes: [{ ...PANE, name: 'a b' }] })],
  [
    'with a region outside the window',
    layout({ panes: [{ ...PANE, region: { ...PANE.region, col: -1 } }] }),
  ],
  ['with more than a layout has', layout({ command: ['sh'] })],
])('a message %s', (_what, bytes) => {
  test('is refused', () => {
    expect(() => read(bytes)).toThrow(RefusedError);
  });
});

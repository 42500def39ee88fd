import { expect, test } from 'vitest';
import { InputGate } from '../../../../src/host/session/input-gate.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const KIB = 1024;

function open() {
  const clock = new FakeClock();
  const pane = { isRead: false, asked: 0 };
  const gate = new InputGate({
    clock,
    isRead: () => {
      pane.asked += 1;
      return pane.isRead ? Promise.resolve(true) : Promise.resolve(false);
    },
  });
  return { clock, pane, gate };
}

test('64 KiB are given to a pane that does not read, and more once it has read', async () => {
  const { clock, pane, gate } = open();
  gate.gave(64 * KIB - 1);
  expect(gate.room).toBe(1);
  gate.gave(1);
  await clock.passWith(60_000);
  expect(gate.room).toBe(0);
  pane.isRead = true;
  await clock.passWith(100);
  expect(gate.room).toBe(64 * KIB);
  const { asked } = pane;
  await clock.passWith(60_000);
  expect(pane.asked).toBe(asked);
});

test('nobody is asked for what people type by hand', async () => {
  const { clock, pane, gate } = open();
  gate.gave(16 * KIB);
  await clock.passWith(1_000);
  expect([pane.asked, gate.room]).toEqual([0, 48 * KIB]);
});

test('where nobody can tell, input is not held back', async () => {
  const clock = new FakeClock();
  const gate = new InputGate({ clock, isRead: () => Promise.reject(new Error('gone')) });
  gate.gave(64 * KIB);
  await clock.passWith(10);
  expect(gate.room).toBe(64 * KIB);
});

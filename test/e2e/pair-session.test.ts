import { expect, test } from 'vitest';
import { Terminal } from '../helpers/terminal.js';
import { TriadHome } from '../helpers/triad-home.js';

test('an admin, a driver and an observer see what the driver types', async () => {
  await using home = await TriadHome.make();
  const driverKey = await home.grant('dora', 'driver');
  const observerKey = await home.grant('olga', 'observer');
  const { port } = await home.up();
  await using admin = Terminal.ssh({ port, keyPath: home.adminKey });
  await using driver = Terminal.ssh({ port, keyPath: driverKey.path });
  await using observer = Terminal.ssh({ port, keyPath: observerKey.path });
  for (const terminal of [admin, driver, observer]) await terminal.sees('worker');
  driver.type('hello from dora\r');
  for (const terminal of [admin, driver, observer]) {
    await terminal.sees(/hello from dora[\s\S]*hello from dora/);
  }
  const { attachments } = await home.status();
  expect(attachments.map(({ engineer, role }) => `${engineer} ${role}`).sort()).toEqual([
    'dora driver',
    'olga observer',
    expect.stringMatching(/ admin$/),
  ]);
});

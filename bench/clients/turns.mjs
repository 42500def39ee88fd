import { pause } from '../waiting.mjs';

/** @returns {Promise<void>} a short pause of random length, in step with nothing else */
async function breathe() {
  await pause(5 + Math.random() * 10);
}

/**
 * Lets the drivers type in turns, keystroke by keystroke.
 *
 * @param {readonly import('./driver.mjs').Driver[]} drivers
 * @param {number} keystrokes of each
 * @returns {Promise<number[][]>} ms until the echo, for each driver
 */
export async function typeInTurns(drivers, keystrokes) {
  const echoes = drivers.map((driver) => ({ driver, ms: /** @type {number[]} */ ([]) }));
  for (let keystroke = 0; keystroke < keystrokes; keystroke += 1) {
    // The first after a pause finds a colder machine, so that everybody is the first in turn.
    const first = keystroke % drivers.length;
    for (const { driver, ms } of [...echoes.slice(first), ...echoes.slice(0, first)]) {
      ms.push(await driver.echo());
      await breathe();
    }
  }
  return echoes.map(({ ms }) => ms);
}

/**
 * Lets one type as long as `goesOn` says.
 *
 * @param {import('./driver.mjs').Driver} driver
 * @param {(typed: number) => boolean} goesOn
 */
export async function typeWhile(driver, goesOn) {
  /** @type {number[]} */
  const ms = [];
  while (goesOn(ms.length)) {
    ms.push(await driver.echo());
    await breathe();
  }
  return ms;
}

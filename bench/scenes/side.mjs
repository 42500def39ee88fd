import { Driver } from '../clients/driver.mjs';
import { startSshd } from '../systems/sshd.mjs';
import { startTriad } from '../systems/triad.mjs';

/** A system with the driver who stays attached. */
export class Side {
  /** @type {import('../systems/system.mjs').System} */
  system;
  /** @type {Driver} */
  driver;

  /** @param {import('../systems/system.mjs').System} system @param {Driver} driver */
  constructor(system, driver) {
    this.system = system;
    this.driver = driver;
  }

  /** Quiets the stage; resolves when all that it has shown is on the driver's screen. */
  async calm() {
    await this.system.stage.perform({ act: 'quiet' });
    await this.driver.echo();
  }
}

/**
 * What is measured side by side; `sshd` is missing where this machine has none.
 *
 * @typedef {{ triad: Side, sshd: Side | undefined }} Sides
 */

/**
 * Opens Triad in the form that was asked for, and sshd.
 *
 * @param {import('../bench.mjs').Bench} bench @param {import('../cleanup.mjs').Cleanup} cleanup
 * @returns {Promise<Sides>}
 */
export async function openSides(bench, cleanup) {
  const triad = await openTriad(bench, cleanup, bench.options.form);
  return { triad, sshd: await openSshd(bench, cleanup) };
}

/**
 * @param {import('../bench.mjs').Bench} bench @param {import('../cleanup.mjs').Cleanup} cleanup
 * @param {import('../systems/triad.mjs').Form} form
 */
export async function openTriad(bench, cleanup, form) {
  return await open(await startTriad(bench, cleanup, form), bench, cleanup);
}

/** @param {import('../bench.mjs').Bench} bench @param {import('../cleanup.mjs').Cleanup} cleanup */
export async function openSshd(bench, cleanup) {
  if (bench.sshdProblem !== undefined) return undefined;
  return await open(await startSshd(bench, cleanup), bench, cleanup);
}

/** @param {Sides} sides @returns {Side[]} those that are there */
export function present({ triad, sshd }) {
  return sshd === undefined ? [triad] : [triad, sshd];
}

/**
 * @param {import('../systems/system.mjs').System} system
 * @param {import('../bench.mjs').Bench} bench @param {import('../cleanup.mjs').Cleanup} cleanup
 */
async function open(system, bench, cleanup) {
  const side = new Side(system, await Driver.attach(system, bench, cleanup));
  await side.calm();
  return side;
}

/**
 * @typedef {import('../statistics.mjs').Spread} Spread
 *
 * One row of the table.
 *
 * @typedef {object} Figure
 * @property {string} measure
 * @property {string} condition
 * @property {string} unit
 * @property {Spread} triad
 * @property {{ readonly name: string, readonly spread: Spread }} [other] what it is compared with
 * @property {Aim} [aim]
 * @property {string} [note]
 *
 * @typedef {{ readonly text: string, readonly isMet: boolean | undefined }} Aim
 *
 * @typedef {{ readonly measure: string, readonly condition: string, readonly reason: string }} Missing
 */

/** What was measured, in the order of the rows. */
export class Results {
  /** @type {(Figure | Missing)[]} */
  rows = [];

  /** @param {Figure} figure */
  add(figure) {
    this.rows.push(figure);
  }

  /** Tells that something could not be measured. @param {Missing} missing */
  miss(missing) {
    this.rows.push(missing);
  }
}

/** @param {Spread | undefined} spread */
export function bySshd(spread) {
  return spread === undefined ? {} : { other: { name: 'sshd', spread } };
}

/**
 * The aim to need at most `factor` of what the other needs.
 *
 * @param {number} factor
 * @param {Spread} triad
 * @param {Spread | undefined} other
 * @param {string} [otherName]
 * @returns {Aim}
 */
export function atMostOf(factor, triad, other, otherName = "sshd's") {
  const isMet = other === undefined ? undefined : triad.value <= factor * other.value;
  return { text: `≤ ${factor.toFixed(2)} of ${otherName}`, isMet };
}

/** @param {number} most @param {string} unit @param {Spread} triad @returns {Aim} */
export function atMost(most, unit, triad) {
  return { text: `≤ ${most} ${unit}`, isMet: triad.value <= most };
}

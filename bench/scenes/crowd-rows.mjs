import { atMost, atMostOf, bySshd } from '../report/results.mjs';
import { median, quantileOf, scaled, spreadOf } from '../statistics.mjs';
import { ACTS } from './crowd-side.mjs';

/** @typedef {import('./crowd-side.mjs').CrowdSide} CrowdSide */
/** @typedef {import('./crowd-side.mjs').Level} Level */
/** @typedef {import('./crowd-side.mjs').ActName} ActName */
/** @typedef {import('../report/results.mjs').Results} Results */

/**
 * @typedef {{ triad: CrowdSide, sshd: CrowdSide | undefined, levels: readonly number[] }} Crowds
 *
 * One number of observers; `sshd` is missing where it was not measured.
 *
 * @typedef {object} Compared
 * @property {number} count
 * @property {Crowds} crowds
 * @property {Level} triad
 * @property {Level | undefined} sshd
 * @property {Results} results
 */

/** How much of what sshd needs is aimed at, by what it is. */
const MEMORY = 1 / 20;
const BYTES = 1 / 5;
/** How old what observers see may be in ms, for up to so many of them, by quantile. */
const AGES = [
  { upTo: 10, limits: { 0.5: 8, 0.99: 40 } },
  { upTo: Number.POSITIVE_INFINITY, limits: { 0.99: 80 } },
];
/** Triad's crowd of ten times as many is to be no worse. */
const LESSER_CROWD = 10;

/** @type {Record<string, (compared: Compared) => void>} */
const ROWS = { memory, cpu, bytes, age, busy };

/** @param {Crowds} crowds @param {import('../bench.mjs').Bench} bench @param {Results} results */
export function reportCrowd(crowds, bench, results) {
  for (const [name, report] of Object.entries(ROWS)) {
    if (!bench.wants(name)) continue;
    for (const count of crowds.levels.filter((level) => level > 0)) {
      const triad = levelOf(crowds.triad, count);
      const sshd = crowds.sshd?.levels.get(count);
      report({ count, crowds, triad, sshd, results });
      if (sshd === undefined && bench.sshdProblem === undefined) {
        const reason = 'sshd was not measured: too little memory';
        results.miss({ measure: name, condition: `${count} observers`, reason });
      }
    }
  }
}

/** @param {Compared} compared */
function memory({ count, crowds, triad, sshd, results }) {
  if (count === 1) return;
  /** @param {CrowdSide} side @param {Level} level */
  const each = (side, level) => {
    const without = median(levelOf(side, 0).memoryBytes);
    return spreadOf(level.memoryBytes.map((bytes) => (bytes - without) / count / 1e3));
  };
  const own = each(crowds.triad, triad);
  const theirs = crowds.sshd && sshd && each(crowds.sshd, sshd);
  const compared = { ...bySshd(theirs), aim: atMostOf(MEMORY, own, theirs) };
  const condition = `${count} observers, each`;
  results.add({ measure: 'memory', condition, unit: 'KB', triad: own, ...compared });
}

/** @param {Compared} compared */
function cpu({ count, crowds, triad, sshd, results }) {
  if (count === 1) return;
  for (const act of /** @type {ActName[]} */ (Object.keys(ACTS))) {
    /** @param {CrowdSide} side @param {Level} level */
    const each = (side, level) => {
      const without = median(
        levelOf(side, 0).seen[act].map(({ cpuMs, seconds }) => cpuMs / seconds),
      );
      const rounds = level.seen[act].map(
        ({ cpuMs, seconds }) => (cpuMs / seconds - without) / count,
      );
      return scaled(spreadOf(rounds), 1000);
    };
    const own = each(crowds.triad, triad);
    const theirs = crowds.sshd && sshd && each(crowds.sshd, sshd);
    const compared = { ...bySshd(theirs), aim: atMostOf(1, own, theirs) };
    const condition = `${count} observers, ${act}, each and second`;
    results.add({ measure: 'cpu', condition, unit: 'µs', triad: own, ...compared });
  }
}

/** @param {Compared} compared */
function bytes({ count, crowds, triad, results }) {
  if (count === 1) return;
  /** @param {Level} level */
  const each = (level) => {
    return spreadOf(level.seen.flooding.map((seen) => seen.bytes / seen.seconds / 1e3));
  };
  const own = each(triad);
  const alone = crowds.sshd?.levels.get(1);
  const raw = alone && each(alone);
  const compared = raw === undefined ? {} : { other: { name: 'raw copy', spread: raw } };
  const aim = atMostOf(BYTES, own, raw, 'a raw copy');
  const condition = `${count} observers, flooding, each and second`;
  results.add({ measure: 'bytes', condition, unit: 'KB', triad: own, ...compared, aim });
}

/** @param {Compared} compared */
function age({ count, triad, sshd, results }) {
  /** @type {Record<number, number>} */
  const limits = AGES.find(({ upTo }) => count <= upTo)?.limits ?? {};
  for (const share of [0.5, 0.99]) {
    const limit = limits[share];
    /** @param {Level} level */
    const of = (level) => {
      return quantileOf(
        level.seen.chatty.map(({ agesMs }) => agesMs),
        share,
      );
    };
    const own = of(triad);
    const compared = {
      ...bySshd(sshd && of(sshd)),
      ...(limit === undefined ? {} : { aim: atMost(limit, 'ms', own) }),
    };
    const condition = `${count} ${count === 1 ? 'observer' : 'observers'}, chatty, p${share * 100}`;
    results.add({ measure: 'age', condition, unit: 'ms', triad: own, ...compared });
  }
}

/** @param {Compared} compared */
function busy({ count, crowds, triad, sshd, results }) {
  if (count === 1) return;
  for (const share of [0.5, 0.99]) {
    const own = quantileOf(triad.echoMs, share);
    const compared = bySshd(sshd && quantileOf(sshd.echoMs, share));
    const lesser = crowds.sshd?.levels.get(count / LESSER_CROWD);
    const aim =
      share > 0.5 && lesser !== undefined && lesser.echoMs.length > 0
        ? {
            aim: atMostOf(
              1,
              own,
              quantileOf(lesser.echoMs, share),
              `sshd's with ${count / LESSER_CROWD}`,
            ),
          }
        : {};
    const condition = `echo, ${count} observers of a busy session, p${share * 100}`;
    results.add({ measure: 'busy', condition, unit: 'ms', triad: own, ...compared, ...aim });
  }
}

/** @param {CrowdSide} side @param {number} count */
function levelOf(side, count) {
  const level = side.levels.get(count);
  if (level === undefined) throw new Error(`a crowd of ${count} was not measured`);
  return level;
}

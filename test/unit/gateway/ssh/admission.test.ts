import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import {
  Admission,
  type Admittance,
  dropProbability,
  type FreshConnection,
} from '../../../../src/gateway/ssh/admission.js';
import { type GatewayLimits, gatewaySchema } from '../../../../src/gateway/ssh/schema.js';
import type { Offence } from '../../../../src/gateway/ssh/source-penalties.js';

function admission(limits: Partial<GatewayLimits>, random = () => 0.99) {
  let time = 0;
  const { limits: defaults } = gatewaySchema.parse({});
  const all = new Admission({ limits: { ...defaults, ...limits }, now: () => time, random });
  const outcome = (address: string, more: Partial<FreshConnection> = {}): string => {
    const admitted = all.admit({ ...from(address), ...more });
    return 'refusedBy' in admitted ? admitted.refusedBy : 'in';
  };
  return { all, outcome, pass: (ms: number) => (time += ms) };
}

/** One to which nobody gives way. */
function from(address: string): FreshConnection {
  return { address, lacksDescriptors: false, mayDisplace: false, onDisplaced: () => undefined };
}

function admitted(
  all: Admission,
  address: string,
  more: Partial<FreshConnection> = {},
): Admittance {
  const result = all.admit({ ...from(address), ...more });
  if ('refusedBy' in result) throw new Error(`refused by ${result.refusedBy}`);
  return result;
}

const address = (index: number): string => `192.0.2.${index}`;

describe('maxConnections', () => {
  test('counts those that are logged in and nobody else, and one that ended no more', () => {
    const { all, outcome } = admission({ maxConnections: 2 });
    for (let index = 10; index < 50; index += 1) outcome(address(index));
    const first = admitted(all, address(1));
    const second = admitted(all, address(2));
    first.noteProgress('authenticated');
    expect(outcome(address(3))).toBe('in');
    second.noteProgress('authenticated');
    expect(outcome(address(4))).toBe('maxConnections');
    first.end(undefined);
    first.end(undefined);
    expect(outcome(address(5))).toBe('in');
  });
});

describe('maxStartups', () => {
  const maxStartups = { start: 2, rate: 50, full: 4 };

  test.each([
    [0, ['in', 'in', 'maxStartups']],
    [0.49, ['in', 'in', 'maxStartups']],
    [0.5, ['in', 'in', 'in', 'maxStartups']],
    [0.74, ['in', 'in', 'in', 'maxStartups']],
    [0.75, ['in', 'in', 'in', 'in', 'maxStartups']],
    [0.99, ['in', 'in', 'in', 'in', 'maxStartups']],
  ])('with luck of %d lets in as many as it should', (luck, outcomes) => {
    const { outcome } = admission({ maxStartups }, () => luck);
    expect(outcomes.map((_, index) => outcome(address(index)))).toEqual(outcomes);
  });

  test('counts nobody who has logged in or ended', () => {
    const { all, outcome } = admission({ maxStartups: { start: 1, rate: 100, full: 1 } });
    const first = admitted(all, address(1));
    expect(outcome(address(2))).toBe('maxStartups');
    first.noteProgress('authenticated');
    first.noteProgress('authenticated');
    const second = admitted(all, address(3));
    first.end(undefined);
    expect(outcome(address(4))).toBe('maxStartups');
    second.end(undefined);
    expect(outcome(address(5))).toBe('in');
  });

  const startups = fc
    .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 100 }), fc.nat(200))
    .map(([start, rate, more]) => ({ start, rate, full: start + more }));

  property.prop([startups, fc.nat(500)])(
    'refuses nobody below start, all from full on, and ever more in between',
    (limit, count) => {
      const odds = dropProbability(count, limit);
      if (count < limit.start) expect(odds).toBe(0);
      else if (count >= limit.full) expect(odds).toBe(1);
      else {
        expect(odds).toBeGreaterThanOrEqual(limit.rate / 100);
        expect(odds).toBeLessThanOrEqual(1);
        expect(dropProbability(count + 1, limit)).toBeGreaterThanOrEqual(odds);
      }
    },
  );

  test('begins with the rate and is half way up in the middle', () => {
    const odds = [9, 10, 55, 99, 100].map((count) =>
      dropProbability(count, { start: 10, rate: 30, full: 100 }),
    );
    expect(odds.map((each) => Math.round(each * 1000) / 1000)).toEqual([0, 0.3, 0.65, 0.992, 1]);
  });
});

describe('perSourceMaxStartups', () => {
  test('holds for each source by itself', () => {
    const { all, outcome } = admission({ perSourceMaxStartups: 2 });
    const first = admitted(all, address(1));
    expect([outcome(address(1)), outcome(address(1))]).toEqual(['in', 'perSourceMaxStartups']);
    expect([outcome(address(2)), outcome(address(2))]).toEqual(['in', 'in']);
    first.noteProgress('authenticated');
    expect([outcome(address(1)), outcome(address(1))]).toEqual(['in', 'perSourceMaxStartups']);
  });

  test('counts an IPv6 network as one source, and IPv4 in IPv6 form as IPv4', () => {
    const { outcome } = admission({ perSourceMaxStartups: 1 });
    expect(outcome('2001:db8:0:1::1')).toBe('in');
    expect(outcome('2001:db8:0:1:ffff::2')).toBe('perSourceMaxStartups');
    expect(outcome('2001:db8:0:2::1')).toBe('in');
    expect(outcome('192.0.2.1')).toBe('in');
    expect(outcome('::ffff:192.0.2.1')).toBe('perSourceMaxStartups');
  });

  test('counts IPv4 networks where that is wanted', () => {
    const perSourceNetBlockSize = { ipv4: 24, ipv6: 64 };
    const { outcome } = admission({ perSourceMaxStartups: 1, perSourceNetBlockSize });
    expect([outcome('192.0.2.1'), outcome('192.0.2.255'), outcome('192.0.3.1')]).toEqual([
      ...['in', 'perSourceMaxStartups', 'in'],
    ]);
  });

  test('lets no source alone make maxStartups refuse another, unless told otherwise', () => {
    const { outcome } = admission({}, () => 0);
    for (let count = 0; count < 100; count += 1) outcome(address(1));
    expect(outcome(address(2))).toBe('in');
  });
});

describe('perSourcePenalties', () => {
  const offend = (all: Admission, from: string, offence: Offence | undefined): void => {
    for (let left = 4; left > 0; left -= 1) admitted(all, from).end(offence);
  };

  test('keep a source out that has offended too often, until they have passed', () => {
    const { all, outcome, pass } = admission({});
    offend(all, address(1), 'authfail');
    expect([outcome(address(1)), outcome(address(2))]).toEqual(['perSourcePenalties', 'in']);
    pass(20_000);
    expect(outcome(address(1))).toBe('in');
  });

  test('hit an IPv6 network as a whole', () => {
    const { all, outcome } = admission({});
    offend(all, '2001:db8::1', 'authfail');
    expect(outcome('2001:db8::2')).toBe('perSourcePenalties');
    expect(outcome('2001:db8:0:1::2')).toBe('in');
  });

  test('are not for who logged in or was never served', () => {
    const { all, outcome } = admission({});
    for (let count = 0; count < 10; count += 1) offend(all, address(1), undefined);
    expect(outcome(address(1))).toBe('in');
  });

  test.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])(
    'are not for %s unless that is wanted',
    (from) => {
      const { all, outcome } = admission({});
      offend(all, from, 'graceExceeded');
      expect(outcome(from)).toBe('in');
      const strict = admission({ perSourcePenaltyExemptList: [] });
      offend(strict.all, from, 'authfail');
      expect(strict.outcome(from)).toBe('perSourcePenalties');
    },
  );

  test('are not for exempt networks even where all strangers are kept out', () => {
    const { perSourcePenalties } = gatewaySchema.parse({}).limits;
    const { all, outcome } = admission({
      perSourcePenalties: { ...perSourcePenalties, maxSources: 1, overflow: 'deny-all' },
      perSourcePenaltyExemptList: ['10.0.0.0/8'],
    });
    expect(admitted(all, address(1)).end('authfail')).toBe(true);
    expect([outcome(address(2)), outcome('10.1.2.3')]).toEqual(['perSourcePenalties', 'in']);
  });

  test('that cannot be kept are told; exempt networks take no place', () => {
    const { perSourcePenalties } = gatewaySchema.parse({}).limits;
    const { all } = admission({ perSourcePenalties: { ...perSourcePenalties, maxSources: 1 } });
    expect(admitted(all, '127.0.0.1').end('authfail')).toBe(true);
    expect(admitted(all, address(1)).end('authfail')).toBe(true);
    expect(admitted(all, address(2)).end('authfail')).toBe(false);
  });
});

describe('who does not go on with the login', () => {
  /** One to which others may give way, and whether it has to give way itself. */
  function waiting() {
    const displacedAt: string[] = [];
    const onDisplaced = (limit: string): void => {
      displacedAt.push(limit);
    };
    return { displacedAt, more: { mayDisplace: true, onDisplaced } };
  }

  test.each([
    ['perSourceMaxStartups', { perSourceMaxStartups: 1 }],
    ['maxStartups', { maxStartups: { start: 1, rate: 100, full: 1 } }],
  ] as const)('gives way at %s once, and is counted no more', (limit, limits) => {
    const { all, outcome } = admission(limits);
    const [first, second] = [waiting(), waiting()];
    const silent = admitted(all, address(1), first.more);
    const next = admitted(all, address(1), second.more);
    expect([first.displacedAt, second.displacedAt]).toEqual([[limit], []]);
    silent.noteProgress('authenticated');
    silent.end(undefined);
    next.noteProgress('asking');
    expect(outcome(address(1), { mayDisplace: true })).toBe(limit);
    next.end(undefined);
    expect(outcome(address(1))).toBe('in');
    expect([first.displacedAt, second.displacedAt]).toEqual([[limit], []]);
  });

  test('gives way where no descriptor is left; without one who does so the newcomer is refused', () => {
    const { all, outcome } = admission({});
    const short = { lacksDescriptors: true, mayDisplace: true };
    expect(outcome(address(1), short)).toBe('descriptors');
    const first = waiting();
    const silent = admitted(all, address(1), first.more);
    expect(outcome(address(2), short)).toBe('in');
    expect(first.displacedAt).toEqual(['descriptors']);
    silent.end(undefined);
  });

  test('gives way to nobody while all are held, and never once it has logged in', () => {
    const { all, outcome, pass } = admission({ perSourceMaxStartups: 1 });
    const first = waiting();
    const held = admitted(all, address(1), first.more);
    expect(outcome(address(1), { mayDisplace: false })).toBe('perSourceMaxStartups');
    held.noteProgress('authenticated');
    pass(60_000);
    expect(outcome(address(1), { mayDisplace: true })).toBe('in');
    expect(outcome(address(1), { mayDisplace: true })).toBe('in');
    expect(first.displacedAt).toEqual([]);
  });

  test('has the time of its last step, which a step back does not renew', () => {
    const { all, outcome, pass } = admission({ perSourceMaxStartups: 1 });
    const slow = admitted(all, address(1));
    slow.noteProgress('exchanging');
    pass(1999);
    slow.noteProgress('silent');
    slow.noteProgress('exchanging');
    expect(outcome(address(1), { mayDisplace: true })).toBe('perSourceMaxStartups');
    pass(1);
    expect(outcome(address(1), { mayDisplace: true })).toBe('in');
  });
});

describe('a user of this machine', () => {
  const local = '127.0.0.1';

  test('is one source from whatever address, and another user another one', () => {
    const { outcome } = admission({ perSourceMaxStartups: 1 });
    expect(outcome(local, { uid: 1001 })).toBe('in');
    expect(outcome('127.9.9.9', { uid: 1001 })).toBe('perSourceMaxStartups');
    expect(outcome('::1', { uid: 1001 })).toBe('perSourceMaxStartups');
    expect(outcome(local, { uid: 1002 })).toBe('in');
    expect(outcome(local)).toBe('in');
  });

  test('owes for their own failures alone, where loopback is not exempt', () => {
    const { all, outcome } = admission({ perSourcePenaltyExemptList: [] });
    for (let left = 4; left > 0; left -= 1) {
      admitted(all, local, { uid: 1001 }).end('authfail');
    }
    expect(outcome(local, { uid: 1001 })).toBe('perSourcePenalties');
    expect([outcome(local, { uid: 1002 }), outcome(local)]).toEqual(['in', 'in']);
  });
});

/**
 * What nobody thought of: many packets, most of them nearly valid, before the login, after it and on
 * an attachment. None may end the process, keep others out or leave anything behind.
 *
 * `TRIAD_FUZZ_SEED` repeats a run.
 */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, test } from 'vitest';
import { AttackedTriad } from '../../helpers/attacked-triad.js';
import { count } from '../../helpers/counts.js';
import { Random } from '../../helpers/random.js';
import { bytes, MESSAGE, type RawSshClient, sshString } from '../../helpers/raw-ssh-client.js';
import { fuzzPacket, packetsAfterLogin, packetsBeforeLogin } from '../../helpers/ssh-packets.js';

/** Any reason but one that a bug of ours would give. */
const NO_BUG = /^(?!.*(?:TypeError|not a function|Cannot read|undefined|invariant)).+$/;

const SEED = Number(process.env['TRIAD_FUZZ_SEED'] ?? randomInt(2 ** 32));
/** Packets for each of the three states that were sent while the connection was open. */
const PACKETS = count(700, 35_000);

let triad: AttackedTriad;

beforeAll(async () => {
  // Enough attempts that a connection lives for a while.
  triad = await AttackedTriad.start({}, 'limits: {maxAuthTries: 100}\n');
});

afterAll(async () => {
  await triad[Symbol.asyncDispose]();
});

interface State {
  readonly open: () => Promise<RawSshClient>;
  readonly valid: () => readonly Buffer[];
  /** Something that is answered where the connection is still open. */
  readonly ask: (raw: RawSshClient) => void;
}

function ask(raw: RawSshClient): void {
  raw.send(bytes(MESSAGE.globalRequest), sshString('still-there'), bytes(1));
}

async function attached(): Promise<RawSshClient> {
  const raw = await triad.logIn('olga');
  await raw.openSession();
  raw.attach();
  return raw;
}

const STATES: Readonly<Record<string, State>> = {
  'before the login': {
    open: () => triad.connect(),
    valid: () => packetsBeforeLogin(triad.blobOf('dora')),
    ask: (raw) => raw.requestAuthentication('pair', 'none'),
  },
  'after the login': { open: () => triad.logIn('olga'), valid: packetsAfterLogin, ask },
  'on an attachment': { open: attached, valid: packetsAfterLogin, ask },
};

const ANSWERS = [MESSAGE.userauthFailure, MESSAGE.requestFailure];

/** Sends packets until the gateway has enough of them; says how many it read. */
async function fuzzConnection(random: Random, state: State, most: number): Promise<number> {
  await using raw = await state.open();
  const valid = state.valid();
  let sent = 0;
  while (sent < most && !raw.isClosed) {
    raw.send(fuzzPacket(random, valid));
    sent += 1;
    state.ask(raw);
    await raw.next(ANSWERS).catch((error: unknown) => {
      if (!raw.isClosed) throw error;
    });
  }
  return sent;
}

test.each(Object.keys(STATES))(
  'packets of all kinds %s harm nobody',
  async (name) => {
    const state = STATES[name];
    if (state === undefined) throw new Error(`no state ${name}`);
    const random = new Random(SEED);
    const attack = async (): Promise<void> => {
      let sent = 0;
      while (sent < PACKETS) sent += await fuzzConnection(random, state, PACKETS - sent);
    };
    await triad.withstands(attack, { reason: NO_BUG }).catch((error: unknown) => {
      throw new Error(`TRIAD_FUZZ_SEED=${SEED} repeats what failed`, { cause: error });
    });
  },
  1_200_000,
);

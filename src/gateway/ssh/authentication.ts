import type { AuthContext, PublicKeyAuthContext } from 'ssh2';
import { messageOf } from '../../base/errors.js';
import type { LeftOut } from '../../base/throttle.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { GrantStore, KnownKey } from '../access/grant-store.js';
import { fingerprintOf, KEY_TYPES } from '../access/public-key.js';
import type { AuthenticationRequest } from './authentication-request.js';
import { type ConnectionEnd, endByFault, endFor } from './connection-end.js';
import type { Standing } from './logins.js';
import type { Refusals } from './refusals.js';
import { isSignatureValid } from './signature.js';

/** Far above what a client with many keys needs. */
const MAX_REQUESTS = 128;

/**
 * What one authentication request deserves. `acceptable`: the client asks whether it should sign
 * with this key. `proven`: it has.
 */
type Judgement = { readonly outcome: 'proven' | 'acceptable'; readonly known: KnownKey } | Refusal;

interface Refusal {
  readonly outcome: 'refused';
  readonly reason: RefusalReason;
  readonly fingerprint: string | null;
}

type RefusalReason =
  | 'method'
  | 'key-type'
  | 'unknown-key'
  | 'key-mismatch'
  | 'signature-algorithm'
  | 'bad-signature';

function refused(reason: RefusalReason, fingerprint: string | null): Refusal {
  return { outcome: 'refused', reason, fingerprint };
}

/** Judges one request by itself, whatever came before it on the connection. */
function judge(request: AuthContext, keys: Pick<GrantStore, 'findKey'>): Judgement {
  if (request.method !== 'publickey') return refused('method', null);
  const { algo, data } = request.key;
  const fingerprint = fingerprintOf(data);
  if (!KEY_TYPES.some((type) => type === algo)) return refused('key-type', fingerprint);
  const known = keys.findKey(data);
  if (known === undefined) return refused('unknown-key', fingerprint);
  // The label is the client's own: a known key under another type's name is an attack.
  if (known.key.type !== algo || !known.key.blob.equals(data)) {
    return refused('key-mismatch', fingerprint);
  }
  return judgeSignature(request, known);
}

function judgeSignature(request: PublicKeyAuthContext, known: KnownKey): Judgement {
  const { fingerprint, type } = known.key;
  const digest = findDigest(request.hashAlgo);
  // ssh2 names `rsa-sha2-*` by its digest; RSA without one is the old SHA-1 signature.
  if (digest === 'unusable' || (type === 'ssh-rsa') !== (digest !== undefined)) {
    return refused('signature-algorithm', fingerprint);
  }
  const { signature, blob } = request;
  if (signature === undefined) return { outcome: 'acceptable', known };
  if (blob === undefined || !isSignatureValid(known.key, { data: blob, signature, digest })) {
    return refused('bad-signature', fingerprint);
  }
  return { outcome: 'proven', known };
}

/** Whether a client asked about a key without signing with it, as those of a full agent do for each of its keys. */
function isUnknownOffer({ context }: AuthenticationRequest, reason: RefusalReason): boolean {
  const isOffer = context.method === 'publickey' && context.signature === undefined;
  return isOffer && (reason === 'unknown-key' || reason === 'key-type');
}

function findDigest(name: string | undefined): 'sha256' | 'sha512' | 'unusable' | undefined {
  if (name === undefined || name === 'sha256' || name === 'sha512') return name;
  return 'unusable';
}

export interface AuthenticationOptions {
  readonly keys: Pick<GrantStore, 'findKey'>;
  readonly maxAuthTries: number;
  readonly log: Logger;
  readonly refusals: Refusals;
  /** The client proved to hold `known`; called before it learns of it, and says what it is let in as. */
  readonly onProven: (login: string, known: KnownKey) => Standing['kind'];
  /** The connection must be given up at `maxAuthTries`. */
  readonly onTooManyTries: () => void;
  /** The connection must be given up for another reason. */
  readonly onAbandoned: (end: ConnectionEnd) => void;
}

/** The last attempt that failed, for the record. */
export interface FailedAttempt {
  /** Made safe to print. */
  readonly login: string;
  readonly fingerprint: string | null;
  readonly reason: string;
}

/**
 * One connection's authentication: by public key alone, decided in the same instant as asked.
 *
 * A decision that came later would meet ssh2's queue of requests in whatever order the client
 * forced on it.
 */
export class Authentication {
  readonly #options: AuthenticationOptions;
  #requests = 0;
  #failures = 0;
  #hasFailed = false;
  #isOver = false;
  #lastFailure: FailedAttempt | undefined;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** Whether more was refused than offers of keys that are not known here. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get lastFailure(): FailedAttempt | undefined {
    return this.#lastFailure;
  }

  /** Answers a request; after the last answer it stays silent. Never throws. */
  answer(request: AuthenticationRequest): void {
    if (this.#isOver) return;
    try {
      this.#requests += 1;
      this.#apply(request, judge(request.context, this.#options.keys));
    } catch (error) {
      this.#abandon(endByFault(`authentication failed: ${visible(messageOf(error))}`));
    }
  }

  #apply(request: AuthenticationRequest, judgement: Judgement): void {
    switch (judgement.outcome) {
      case 'acceptable':
        if (this.#requests <= MAX_REQUESTS) request.context.accept();
        else this.#abandon(endFor('too many authentication requests'));
        return;
      case 'proven':
        this.#prove(request, judgement.known);
        return;
      case 'refused':
        this.#refuse(request, judgement);
    }
  }

  #prove(request: AuthenticationRequest, known: KnownKey): void {
    this.#isOver = true;
    const kind = this.#options.onProven(request.context.username, known);
    const outcome = kind === 'member' ? 'accepted' : kind;
    const { engineer, key } = known;
    const facts = { outcome, engineer, fingerprint: key.fingerprint };
    const write = (leftOut: LeftOut): void => this.#logDecision(request, { ...facts, ...leftOut });
    if (kind === 'member') write({});
    else this.#options.refusals.logStranger(write);
    if (kind !== 'turned-away') request.context.accept();
  }

  #refuse(request: AuthenticationRequest, { reason, fingerprint }: Refusal): void {
    const { context } = request;
    // Every client begins with `none` to learn the methods; like sshd that is no failure.
    const isProbe = request.method === 'none' && this.#requests === 1;
    if (!isProbe) {
      this.#failures += 1;
      this.#hasFailed ||= !isUnknownOffer(request, reason);
      this.#lastFailure = { login: visible(context.username), fingerprint, reason };
      this.#options.refusals.logStranger((leftOut) =>
        this.#logDecision(request, { outcome: 'refused', fingerprint, reason, ...leftOut }),
      );
    }
    if (this.#failures < this.#options.maxAuthTries) {
      context.reject(['publickey']);
      return;
    }
    this.#isOver = true;
    this.#options.onTooManyTries();
  }

  #abandon(end: ConnectionEnd): void {
    this.#isOver = true;
    this.#options.onAbandoned(end);
  }

  #logDecision(request: AuthenticationRequest, facts: Record<string, unknown>): void {
    const { method, context } = request;
    this.#options.log.info(
      { method: visible(method), login: visible(context.username), ...facts },
      'authentication decided',
    );
  }
}

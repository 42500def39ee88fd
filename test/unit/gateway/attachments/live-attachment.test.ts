import { expect, test } from 'vitest';
import { attachmentId, engineerName, paneName, sessionName } from '../../../../src/base/ids.js';
import type { TerminalSize } from '../../../../src/base/terminal-size.js';
import type { ViewEnd } from '../../../../src/base/view.js';
import type { Role } from '../../../../src/gateway/access/role.js';
import type { AttachRequest } from '../../../../src/gateway/attachments/attachment.js';
import { LiveAttachment } from '../../../../src/gateway/attachments/live-attachment.js';
import type { Watcher, WatchRequest } from '../../../../src/gateway/mirror/watching.js';
import type { DriverView, ViewRequest } from '../../../../src/link/host-link.js';
import { eventually } from '../../../helpers/eventually.js';

const SIZE = { cols: 80, rows: 24 };

/** A view that shows what is done to it. */
class ShownView implements DriverView {
  readonly ended: Promise<ViewEnd>;
  readonly typed: string[] = [];
  readonly sizes: string[] = [];
  readonly request: ViewRequest;
  isClosed = false;
  end: (end: ViewEnd) => void = () => undefined;

  constructor(request: ViewRequest) {
    this.request = request;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  write(bytes: Uint8Array): boolean {
    this.typed.push(Buffer.from(bytes).toString());
    return true;
  }

  close(): void {
    this.isClosed = true;
  }

  resize({ cols, rows }: TerminalSize): void {
    this.sizes.push(`${cols}x${rows}`);
  }

  onDrain(): void {}
  setBlocked(): void {}
}

type WatchEnd = 'left' | 'lost' | 'failed' | 'session-ended';

/** What an observer sees, likewise. */
class ShownWatcher implements Watcher {
  readonly ended: Promise<{ reason: WatchEnd }>;
  readonly typed: string[] = [];
  readonly sizes: string[] = [];
  readonly skippedFrames = 3;
  readonly request: WatchRequest;
  isStarted = false;
  isFull = false;
  drain: () => void = () => undefined;
  isClosed = false;
  end: (end: { reason: WatchEnd }) => void = () => undefined;

  constructor(request: WatchRequest) {
    this.request = request;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  start(): void {
    this.isStarted = true;
  }

  receive(bytes: Uint8Array): boolean {
    this.typed.push(Buffer.from(bytes).toString());
    return !this.isFull;
  }

  onDrain(listener: () => void): void {
    this.drain = listener;
  }

  close(): void {
    this.isClosed = true;
  }

  resize({ cols, rows }: TerminalSize): void {
    this.sizes.push(`${cols}x${rows}`);
  }
}

type Shown =
  | { readonly kind: 'driver'; readonly view: ShownView; readonly come: () => void }
  | { readonly kind: 'observer'; readonly view: ShownWatcher; readonly come: () => void };

/** A link and mirrors whose views come when the test says so. */
class SlowLink {
  readonly views: Shown[] = [];

  /** What the host says of a session that has ended. */
  isAwaited = () => Promise.resolve(false);
  whenBack = () => Promise.resolve(true);

  whenReachable(): Promise<void> {
    return Promise.resolve();
  }

  openDriver(request: ViewRequest): Promise<DriverView> {
    const view = new ShownView(request);
    return new Promise((resolve) => {
      this.views.push({ kind: 'driver', view, come: () => resolve(view) });
    });
  }

  watch(request: WatchRequest): Promise<Watcher> {
    const view = new ShownWatcher(request);
    return new Promise((resolve) => {
      this.views.push({ kind: 'observer', view, come: () => resolve(view) });
    });
  }

  /** The view that was opened as number `index`, of somebody who types. */
  driver(index: number): ShownView {
    const shown = this.views[index];
    if (shown?.kind !== 'driver') throw new Error(`view ${index} is no driver's`);
    return shown.view;
  }

  observer(index: number): ShownWatcher {
    const shown = this.views[index];
    if (shown?.kind !== 'observer') throw new Error(`view ${index} is no observer's`);
    return shown.view;
  }
}

async function open(role: Role, asked: Pick<AttachRequest, 'watch'> = {}) {
  const link = new SlowLink();
  let output = '';
  let resumed = 0;
  const terminal = {
    write: (bytes: Uint8Array) => (output += Buffer.from(bytes).toString()),
    unconsumedBytes: () => 0,
    onConsumed: () => undefined,
    onBlocked: () => undefined,
    resumeInput: () => (resumed += 1),
  };
  const caller = {
    ...{ engineer: engineerName('dora'), keyBlob: new Uint8Array(), fingerprint: 'SHA256:x' },
    ...{ address: '192.0.2.1', remote: '192.0.2.1:5', connectionId: '1' },
    reached: { host: '192.0.2.9', port: 22 },
  };
  const request = {
    caller,
    session: sessionName('pair'),
    term: 'xterm',
    size: SIZE,
    terminal,
    calledAs: (text: string) => text,
    ...asked,
  };
  const modes: string[] = [];
  let typed = 0;
  const opening = LiveAttachment.open({
    ...{ id: attachmentId(1), role, request, link, mirrors: link, since: new Date() },
    returns: link,
    onTyped: () => (typed += 1),
    onModeChanged: () => modes.push('changed'),
  });
  link.views[0]?.come();
  const attachment = await opening;
  return {
    attachment,
    link,
    modes,
    output: () => output,
    typed: () => typed,
    resumed: () => resumed,
  };
}

test('of several views that were asked for, only that of the last role stays', async () => {
  const { attachment, link } = await open('driver');
  const changes = (['observer', 'driver', 'observer'] as const).map((role) =>
    attachment.changeRole(role),
  );
  for (const { come } of link.views) come();
  await Promise.all(changes);
  expect(link.views.map(({ kind }) => kind)).toEqual(['driver', 'observer', 'driver', 'observer']);
  expect(link.views.map(({ view }) => view.isClosed)).toEqual([true, true, true, false]);
});

test('what is typed between two views is dropped', async () => {
  const { attachment, link } = await open('observer');
  const change = attachment.changeRole('driver');
  attachment.receive(Buffer.from('too early'));
  link.views[1]?.come();
  await change;
  attachment.receive(Buffer.from('in time'));
  expect(link.views.map(({ view }) => view.typed)).toEqual([[], ['in time']]);
});

test('a view that has been replaced shows nothing any more, and its end ends nothing', async () => {
  const { attachment, link, output } = await open('driver');
  const change = attachment.changeRole('observer');
  link.views[1]?.come();
  await change;
  const before = output();
  link.driver(0).request.onOutput(Buffer.from('old'));
  link.driver(0).end({ reason: 'failed', isTerminalRestored: false });
  link.observer(1).request.terminal.write(Buffer.from('new'));
  expect(output()).toBe(`${before}new`);
  expect(attachment.receive(Buffer.from('x'))).toBe(true);
});

test('the first reason counts, the goodbye is said at once, and nothing is shown after it', async () => {
  const { attachment, link, output } = await open('driver');
  attachment.disconnect('kicked');
  attachment.disconnect('revoked');
  link.driver(0).request.onOutput(Buffer.from('late'));
  link.driver(0).end({ reason: 'closed', isTerminalRestored: true });
  expect(await attachment.ended).toEqual({ exitCode: 77, reason: 'kicked' });
  expect(output()).toMatch(/an admin has disconnected you from pair; the session goes on\r\n$/);
});

test('a view that comes after the end is closed', async () => {
  const { attachment, link } = await open('driver');
  const change = attachment.changeRole('observer');
  attachment.disconnect('disconnected');
  link.views[1]?.come();
  await change;
  expect(link.views.map(({ view }) => view.isClosed)).toEqual([true, true]);
});

test('a view is told of a new size, also of one that came while it was being opened, and of no other', async () => {
  const { attachment, link } = await open('observer');
  const change = attachment.changeRole('driver');
  attachment.resize({ cols: 90, rows: 30 });
  link.views[1]?.come();
  await change;
  attachment.resize({ cols: 91, rows: 31 });
  expect(link.views.map(({ view }) => view.sizes)).toEqual([[], ['90x30', '91x31']]);
});

test('an observer types into the viewer, and what they see starts when it is theirs', async () => {
  const { attachment, link, output, typed } = await open('observer');
  expect(link.observer(0).isStarted).toBe(true);
  // Mouse and paste reports of a view before are off.
  expect(output()).toContain('\x1b[?1000l');
  attachment.receive(Buffer.from('j'));
  expect(link.observer(0).typed).toEqual(['j']);
  expect(typed()).toBe(0);
  expect(attachment.info()).toMatchObject({ mode: 'watching', skippedFrames: 3 });
});

test('an observer who types more than a turn takes is held back until it is done', async () => {
  const { attachment, link, resumed } = await open('observer');
  const before = resumed();
  link.observer(0).isFull = true;
  expect(attachment.receive(Buffer.from('l'.repeat(32_768)))).toBe(false);
  expect(resumed()).toBe(before);
  link.observer(0).drain();
  expect(resumed()).toBe(before + 1);
});

test('the answer to a question of the viewer is not typed by somebody who may type since', async () => {
  const { attachment, link, typed } = await open('observer');
  expect(link.observer(0).request.abilities.questions()).toContain('\x1b[?2026$p');
  const change = attachment.changeRole('driver');
  link.views[1]?.come();
  await change;
  attachment.receive(Buffer.from('\x1b[>0;276;0c'));
  expect([link.driver(1).typed, typed()]).toEqual([[], 0]);
  attachment.receive(Buffer.from('l\u00e4s\x1b[?20'));
  attachment.receive(Buffer.from('26;2$y\r\x1bP>|XTerm(388)\x1b'));
  attachment.receive(Buffer.from('\\\x1b[A'));
  // What tmux has asked itself is its own.
  attachment.receive(Buffer.from('\x1b[>0;276;0c'));
  const all = ['l\u00e4s', '\r', '\x1b[A', '\x1b[>0;276;0c'];
  expect([link.driver(1).typed, typed()]).toEqual([all, 4]);
});

test('a watcher that comes too late for its role never starts', async () => {
  const { attachment, link } = await open('driver');
  const changes = [attachment.changeRole('observer'), attachment.changeRole('driver')];
  link.views[2]?.come();
  link.views[1]?.come();
  await Promise.all(changes);
  expect(link.observer(1)).toMatchObject({ isStarted: false, isClosed: true });
  expect(attachment.mode).toBe('typing');
});

test('a driver who asked to watch goes on watching whatever their role becomes', async () => {
  const { attachment, link } = await open('driver', { watch: { pane: paneName('worker') } });
  expect(link.observer(0).request.pane).toBe('worker');
  await attachment.changeRole('observer');
  await attachment.changeRole('admin');
  expect(link.views).toHaveLength(1);
  expect(attachment.mode).toBe('watching');
});

test.each([
  ['left', 'detached'],
  ['failed', 'failed'],
] as const)('a watcher that ends as %s ends the attachment as %s', async (end, reason) => {
  const { attachment, link } = await open('observer');
  link.observer(0).end({ reason: end });
  expect(await attachment.ended).toMatchObject({ reason });
});

test('people of a session that ended unexpectedly wait for it and get the new one', async () => {
  const { attachment, link, output, modes } = await open('driver');
  let comeBack: (isBack: boolean) => void = () => undefined;
  link.isAwaited = () => Promise.resolve(true);
  link.whenBack = () => new Promise((resolve) => (comeBack = resolve));
  link.driver(0).end({ reason: 'session-ended', isTerminalRestored: true });
  await eventually('the attachment is waiting', () => attachment.mode === 'waiting');
  expect(output()).toContain('triad: session pair has ended unexpectedly and is being made again.');
  attachment.receive(Buffer.from('dropped'));
  comeBack(true);
  await eventually('a second view is opened', () => link.views.length === 2);
  link.views[1]?.come();
  await eventually('the attachment is typing', () => attachment.mode === 'typing');
  attachment.receive(Buffer.from('x'));
  expect(link.driver(1).typed).toEqual(['x']);
  expect(modes.length).toBeGreaterThan(1);
});

test('people of a session that was ended on purpose leave at once, and so do those who waited', async () => {
  const { attachment, link, output } = await open('driver');
  link.driver(0).end({ reason: 'session-ended', isTerminalRestored: true });
  expect(await attachment.ended).toEqual({ exitCode: 69, reason: 'session-ended' });
  expect(output()).not.toContain('made again');
  const other = await open('observer');
  other.link.isAwaited = () => Promise.resolve(true);
  other.link.whenBack = () => Promise.resolve(false);
  other.link.observer(0).end({ reason: 'session-ended' });
  expect(await other.attachment.ended).toEqual({ exitCode: 69, reason: 'session-ended' });
});

test('whoever waits for a session may leave', async () => {
  const { attachment, link } = await open('observer');
  link.isAwaited = () => Promise.resolve(true);
  link.whenBack = () => new Promise(() => undefined);
  link.observer(0).end({ reason: 'session-ended' });
  await eventually('the attachment is waiting', () => attachment.mode === 'waiting');
  attachment.receive(Buffer.from('q'));
  expect(await attachment.ended).toEqual({ exitCode: 0, reason: 'detached' });
});

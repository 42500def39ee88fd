import { expect, test } from 'vitest';
import type { Role } from '../../../src/access/role.js';
import { attachmentId, engineerName, sessionName } from '../../../src/base/ids.js';
import type { TerminalSize } from '../../../src/base/terminal-size.js';
import type { DriverView, View, ViewEnd, ViewRequest } from '../../../src/link/host-link.js';
import { LiveAttachment } from '../../../src/session/live-attachment.js';

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

/** A link whose views come when the test says so. */
class SlowLink {
  readonly views: {
    readonly kind: 'driver' | 'observer';
    readonly view: ShownView;
    readonly come: () => void;
  }[] = [];

  whenReachable(): Promise<void> {
    return Promise.resolve();
  }

  openDriver(request: ViewRequest): Promise<DriverView> {
    return this.#open('driver', request);
  }

  openObserver(request: ViewRequest): Promise<View> {
    return this.#open('observer', request);
  }

  #open(kind: 'driver' | 'observer', request: ViewRequest): Promise<ShownView> {
    const view = new ShownView(request);
    return new Promise((resolve) => this.views.push({ kind, view, come: () => resolve(view) }));
  }
}

async function open(role: Role) {
  const link = new SlowLink();
  let output = '';
  const terminal = {
    write: (bytes: Uint8Array) => (output += Buffer.from(bytes).toString()),
    unconsumedBytes: () => 0,
    onConsumed: () => undefined,
    onBlocked: () => undefined,
    resumeInput: () => undefined,
  };
  const caller = {
    ...{ engineer: engineerName('dora'), keyBlob: new Uint8Array(), fingerprint: 'SHA256:x' },
    ...{ address: '192.0.2.1', remote: '192.0.2.1:5', connectionId: '1' },
  };
  const request = { caller, session: sessionName('pair'), term: 'xterm', size: SIZE, terminal };
  const opening = LiveAttachment.open({
    id: attachmentId(1),
    role,
    request,
    link,
    since: new Date(),
  });
  link.views[0]?.come();
  return { attachment: await opening, link, output: () => output };
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
  link.views[0]?.view.request.onOutput(Buffer.from('old'));
  link.views[0]?.view.end({ reason: 'failed', isTerminalRestored: false });
  link.views[1]?.view.request.onOutput(Buffer.from('new'));
  expect(output()).toBe('new');
  expect(attachment.receive(Buffer.from('x'))).toBe(true);
});

test('the first reason counts, the goodbye is said at once, and nothing is shown after it', async () => {
  const { attachment, link, output } = await open('driver');
  attachment.finish('kicked');
  attachment.finish('revoked');
  link.views[0]?.view.request.onOutput(Buffer.from('late'));
  link.views[0]?.view.end({ reason: 'closed', isTerminalRestored: true });
  expect(await attachment.ended).toEqual({ exitCode: 77, reason: 'kicked' });
  expect(output()).toMatch(/an admin has ended your view of pair; the session goes on\r\n$/);
});

test('a view that comes after the end is closed', async () => {
  const { attachment, link } = await open('driver');
  const change = attachment.changeRole('observer');
  attachment.disconnect();
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

import type { HistoryPage } from '../../src/base/history-page.js';
import type { SearchedPages } from '../../src/base/history-search.js';
import type { TerminalSize } from '../../src/base/terminal-size.js';
import type { MirrorSink, View } from '../../src/base/view.js';
import type { MirrorSource } from '../../src/gateway/mirror/mirror-source.js';
import { PtyProcess } from '../../src/host/tmux/pty-process.js';
import { layoutOf } from './fake-mirror.js';
import type { PrivateTmux } from './private-tmux.js';

/** What a host says its mirror's terminal can do. */
const FEATURES = '256,RGB,ccolour,cstyle,overline,strikethrough,sync';

/** A mirror's client on a test's own tmux server, without a host. */
export class TmuxSource implements MirrorSource, AsyncDisposable {
  readonly #tmux: PrivateTmux;
  readonly #size: TerminalSize;
  #client: PtyProcess | undefined;

  constructor(tmux: PrivateTmux, size: TerminalSize) {
    this.#tmux = tmux;
    this.#size = size;
  }

  async openMirror(sink: MirrorSink): Promise<View> {
    const { server, sessionId } = this.#tmux;
    sink.onLayout(layoutOf(this.#size));
    const client = PtyProcess.spawn({
      file: server.binary.path,
      args: [
        ...['-N', '-u', '-S', server.socketPath, '-T', FEATURES],
        ...['attach-session', '-t', sessionId, '-f', 'read-only,ignore-size'],
      ],
      env: { ...server.env, TERM: 'xterm-256color' },
      cwd: '/',
      size: this.#size,
      onOutput: sink.onOutput,
    });
    this.#client = client;
    return {
      ended: client.exited.then(() => ({ reason: 'detached', isTerminalRestored: true })),
      setBlocked: () => undefined,
      close: () => client.kill('SIGTERM'),
    };
  }

  async history(): Promise<HistoryPage> {
    throw new Error('nobody asks for history here');
  }

  async search(): Promise<SearchedPages> {
    throw new Error('nobody searches here');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.close();
  }
}

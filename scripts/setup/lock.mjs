import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';

/**
 * Runs `work` while no other set-up of this checkout runs; waits for one that does.
 *
 * The lock is a listening socket in Linux's abstract namespace (unix(7)): the kernel frees it when
 * its holder ends, however it ends, so there is no stale lock to break.
 *
 * @param {string} root
 * @param {{ say: (text: string) => void }} progress
 * @param {() => Promise<void>} work
 * @returns {Promise<void>}
 */
export async function withLock(root, progress, work) {
  const user = process.getuid?.() ?? 0;
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 32);
  const release = await acquire(`\0triad-setup-${user}-${digest}`, progress);
  try {
    await work();
  } finally {
    release();
  }
}

/** @param {string} path @param {{ say: (text: string) => void }} progress */
async function acquire(path, progress) {
  for (;;) {
    const release = await tryAcquire(path);
    if (release !== undefined) return release;
    await holderToEnd(path, (pid) =>
      progress.say(`another setup is running (pid ${pid}), waiting`),
    );
  }
}

/** @param {string} path @returns {Promise<(() => void) | undefined>} */
async function tryAcquire(path) {
  /** @type {Set<import('node:net').Socket>} */
  const waiting = new Set();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => waiting.delete(socket));
    socket.write(`${process.pid}\n`);
  });
  return await new Promise((resolve, reject) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () =>
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      }),
    );
  });
}

/**
 * Resolves when the holder has released the lock or is gone.
 *
 * @param {string} path
 * @param {(pid: number) => void} onHolder
 * @returns {Promise<void>}
 */
async function holderToEnd(path, onHolder) {
  await new Promise((resolve) => {
    const socket = connect(path);
    socket.once('data', (bytes) => onHolder(Number.parseInt(bytes.toString('latin1'), 10)));
    socket.on('error', () => socket.destroy());
    socket.on('close', resolve);
  });
}

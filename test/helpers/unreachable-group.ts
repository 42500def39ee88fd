import { vi } from 'vitest';

/** As for processes that the kernel holds: until it is disposed, no signal of ours reaches the group. */
export function unreachableGroup(group: number): Disposable {
  const kill = process.kill.bind(process);
  const spy = vi
    .spyOn(process, 'kill')
    .mockImplementation((to, signal) => to === -group || kill(to, signal));
  return { [Symbol.dispose]: () => spy.mockRestore() };
}

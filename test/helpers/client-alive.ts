import { writeFileSync } from 'node:fs';
import type { TriadHome } from './triad-home.js';

/** Has the gateway of a home give a client up that says nothing for 3 seconds. */
export function giveUpSilentClientsSoon(home: TriadHome): void {
  const limits = { clientAliveInterval: 1, clientAliveCountMax: 2 };
  writeFileSync(home.path('config/gateway.yaml'), JSON.stringify({ limits }));
}

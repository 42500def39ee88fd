import type { Running, TriadHome, Up } from './triad-home.js';

/** `triad up`, or `triad host` and `triad gateway`. */
export const FORMS = ['one process', 'two processes'] as const;
export type Form = (typeof FORMS)[number];

/** What runs in a home; in one process host and gateway are the same. */
export interface Serving {
  readonly host: Running;
  readonly gateway: Up;
}

/** Starts Triad in one of its forms; the home ends it. */
export async function startAs(form: Form, home: TriadHome): Promise<Serving> {
  if (form === 'two processes') return { host: await home.host(), gateway: await home.gateway() };
  const up = await home.up();
  return { host: up, gateway: up };
}

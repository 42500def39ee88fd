/**
 * The table of rooms in docs/design.md, as dependency-cruiser gets it; a test compares the two.
 *
 * Every room may also import `base` and `log`, apart from these two themselves.
 */

/** Each room with the rooms it may import. @type {Record<string, readonly string[]>} */
const ROOMS = {
  base: [],
  log: ['base'],
  config: [],
  link: [],
  tmux: [],
  tap: ['link'],
  health: ['link', 'tap'],
  rules: ['link', 'tap'],
  events: ['link'],
  door: ['link'],
  triad: ['link', 'tmux', 'tap', 'health', 'rules'],
  host: ['link', 'tmux', 'tap', 'rules', 'events', 'door', 'triad'],
  access: [],
  audit: [],
  mirror: [],
  recording: ['mirror'],
  session: ['access', 'audit', 'link', 'mirror', 'recording'],
  commands: ['access', 'audit', 'link', 'recording', 'session'],
  gateway: ['access', 'audit', 'commands', 'session'],
  mcp: ['commands'],
  control: ['commands'],
  metrics: [],
  service: [
    ...['config', 'link', 'tmux', 'tap', 'health', 'rules', 'events', 'door', 'triad', 'host'],
    ...['access', 'audit', 'mirror', 'recording'],
    ...['session', 'commands', 'gateway', 'mcp', 'control', 'metrics'],
  ],
  cli: ['commands', 'config', 'control', 'door', 'service'],
};

/** Rooms that may import any room, but only its types. */
const TYPES_OF_ALL = ['config'];

/** Each package of the program with the only rooms that may import it. @type {Record<string, readonly string[]>} */
const PACKAGES = {
  pino: ['log'],
  yaml: ['config'],
  'node-pty': ['tmux'],
  '@xterm/headless': ['mirror'],
  commander: ['commands', 'cli'],
  shlex: ['commands'],
  ssh2: ['gateway'],
  '@noble/post-quantum': ['gateway'],
  '@modelcontextprotocol/sdk': ['mcp'],
  'prom-client': ['metrics'],
  'proper-lockfile': ['base', 'access'],
  re2js: ['base'],
};

/** Loaded by base/zod.ts; its types may be imported by each room's `schema.ts` alone. */
const SCHEMA_PACKAGE = 'zod';

/** The rooms of one process, which the entry of the other must never load. */
const HOST_ROOMS = ['tmux', 'tap', 'health', 'rules', 'events', 'triad', 'host'];
const GATEWAY_ROOMS = [
  ...['access', 'audit', 'mirror', 'recording', 'session', 'commands', 'gateway', 'mcp', 'control'],
];

module.exports = { ROOMS, TYPES_OF_ALL, PACKAGES, SCHEMA_PACKAGE, HOST_ROOMS, GATEWAY_ROOMS };

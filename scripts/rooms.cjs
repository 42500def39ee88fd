/**
 * The table of rooms in docs/design.md, as dependency-cruiser gets it; a test compares the two.
 *
 * Every room may also import `base` and `log`, apart from these two themselves.
 */

/** Each room with the rooms it may import. @type {Record<string, readonly string[]>} */
const ROOMS = {
  base: [],
  log: [],
  config: [],
  link: [],
  'host/tmux': [],
  'host/tap': [],
  'host/health': ['host/tap'],
  'host/rules': ['host/tap'],
  'host/events': [],
  'host/pane-door': [],
  'host/plan': ['host/health', 'host/rules', 'host/tap'],
  'host/keeper': [],
  'host/triad': [
    'host/events',
    'host/health',
    'host/keeper',
    'host/plan',
    'host/rules',
    'host/tap',
    'host/tmux',
  ],
  'host/session': [
    'link',
    'host/events',
    'host/pane-door',
    'host/plan',
    'host/rules',
    'host/tap',
    'host/tmux',
    'host/triad',
  ],
  'gateway/access': [],
  'gateway/audit': [],
  'gateway/mirror': [],
  'gateway/viewer': ['gateway/mirror'],
  'gateway/recording': ['gateway/mirror'],
  'gateway/attachments': [
    'link',
    'gateway/access',
    'gateway/audit',
    'gateway/mirror',
    'gateway/viewer',
  ],
  'gateway/commands': ['link', 'gateway/access', 'gateway/attachments', 'gateway/audit'],
  'gateway/ssh': ['gateway/access', 'gateway/attachments', 'gateway/audit', 'gateway/commands'],
  'gateway/mcp': ['gateway/commands'],
  'gateway/control': ['gateway/commands'],
  metrics: [],
  service: [
    'config',
    'link',
    'host/events',
    'host/health',
    'host/pane-door',
    'host/plan',
    'host/session',
    'host/tap',
    'host/tmux',
    'host/triad',
    'gateway/access',
    'gateway/attachments',
    'gateway/audit',
    'gateway/commands',
    'gateway/control',
    'gateway/mirror',
    'gateway/ssh',
    'gateway/viewer',
  ],
  cli: ['config', 'service', 'gateway/commands', 'gateway/control', 'host/pane-door'],
};

/** Rooms that may import any room, but only its types. */
const TYPES_OF_ALL = ['config'];

/** Each package of the program with the only rooms that may import it. @type {Record<string, readonly string[]>} */
const PACKAGES = {
  pino: ['log'],
  yaml: ['config'],
  'node-pty': ['host/tmux'],
  '@xterm/headless': ['gateway/mirror'],
  commander: ['gateway/commands', 'cli'],
  shlex: ['gateway/commands'],
  ssh2: ['gateway/ssh'],
  '@noble/post-quantum': ['gateway/ssh'],
  '@modelcontextprotocol/sdk': ['gateway/mcp'],
  'prom-client': ['metrics'],
  'proper-lockfile': ['base', 'gateway/access'],
  re2js: ['base'],
};

/** The package that base/schema.ts alone loads; only a room's `schema.ts` may import its types. */
const SCHEMA_PACKAGE = 'zod';

/** Rooms of the design that have no code yet. */
const TO_COME = ['gateway/recording', 'gateway/mcp', 'metrics'];

module.exports = { ROOMS, TYPES_OF_ALL, PACKAGES, SCHEMA_PACKAGE, TO_COME };

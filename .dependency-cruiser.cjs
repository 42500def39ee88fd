const { ROOMS, TYPES_OF_ALL, PACKAGES, SCHEMA_PACKAGE } = require('./scripts/rooms.cjs');

const SHARED = ['base', 'log'];
/** @param {readonly string[]} names */
const anyOf = (names) => `(${names.map((name) => name.replace(/[.\\]/g, '\\$&')).join('|')})`;
/** @param {readonly string[]} rooms */
const filesOf = (rooms) => `^src/${anyOf(rooms)}/`;
/** @param {readonly string[]} names */
const filesOfPackage = (names) => `node_modules/(@types/)?${anyOf(names)}/`;

/** What a room imports beyond its line in the table. @param {[string, readonly string[]]} line */
function roomRule([room, allowed]) {
  const reachable = [room, ...(room === 'base' ? [] : SHARED), ...allowed];
  return {
    name: `room-${room.replace('/', '-')}`,
    severity: 'error',
    from: { path: filesOf([room]) },
    to: {
      path: '^src/',
      pathNot: filesOf(reachable),
      ...(TYPES_OF_ALL.includes(room) ? { dependencyTypesNot: ['type-only'] } : {}),
    },
  };
}

/** A package that is imported outside the rooms that own it. @param {[string, readonly string[]]} line */
function packageRule([name, rooms]) {
  return {
    name: `package-${name}`,
    severity: 'error',
    from: { path: '^src/', pathNot: filesOf(rooms) },
    to: { path: filesOfPackage([name]) },
  };
}

module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).map(roomRule),
    ...Object.entries(PACKAGES).map(packageRule),
    {
      name: 'schema-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/((host|gateway)/)?[^/]+/schema\\.ts$' },
      to: { path: filesOfPackage([SCHEMA_PACKAGE]) },
    },
    {
      name: 'package-without-owner',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: 'node_modules/',
        pathNot: filesOfPackage([...Object.keys(PACKAGES), SCHEMA_PACKAGE]),
      },
    },
    {
      name: 'no-dev-package',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-test-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|examples|scripts)/' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  required: [
    {
      name: 'file-outside-a-room',
      severity: 'error',
      comment: 'Nothing can be imported from a path like this: so every such file is a violation.',
      module: { path: '^src/', pathNot: filesOf(Object.keys(ROOMS)) },
      to: { path: '^$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

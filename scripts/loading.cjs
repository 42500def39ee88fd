/**
 * Second pass of dependency-cruiser, over what is really loaded (imports of types are gone by
 * then): host and gateway are two processes, and neither loads the rooms of the other.
 */
const { HOST_ROOMS, GATEWAY_ROOMS } = require('./rooms.cjs');

/**
 * The files of `service/` that are one process, by their names.
 *
 * @param {string} entry
 * @param {readonly string[]} rooms
 */
function neverLoads(entry, rooms) {
  return {
    name: `${entry}-never-loads`,
    severity: 'error',
    from: { path: `^src/service/${entry}(-process)?\\.ts$` },
    to: { path: `^src/(${rooms.join('|')})/`, reachable: true },
  };
}

module.exports = {
  forbidden: [neverLoads('host', GATEWAY_ROOMS), neverLoads('gateway', HOST_ROOMS)],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: false,
    doNotFollow: { path: 'node_modules' },
  },
};

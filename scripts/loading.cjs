/**
 * Second pass of dependency-cruiser, over what is really loaded (imports of types are gone by
 * then): host and gateway are two processes, and neither loads anything of the other's wing.
 */
/**
 * Forbids the files of `service/` that belong to one process to load anything of the other's wing.
 *
 * @param {string} entry
 * @param {string} wing
 */
function neverLoads(entry, wing) {
  return {
    name: `${entry}-never-loads`,
    severity: 'error',
    from: { path: `^src/service/(start-)?${entry}\\.ts$` },
    to: { path: `^src/${wing}/`, reachable: true },
  };
}

module.exports = {
  forbidden: [neverLoads('host', 'gateway'), neverLoads('gateway', 'host')],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: false,
    doNotFollow: { path: 'node_modules' },
  },
};

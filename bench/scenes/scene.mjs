/**
 * A scene opens what its measures need, measures, and adds its rows. What it opens ends with `cleanup`.
 *
 * @callback Run
 * @param {import('../bench.mjs').Bench} bench
 * @param {import('../cleanup.mjs').Cleanup} cleanup
 * @param {import('../report/results.mjs').Results} results
 * @returns {Promise<void>}
 */

export {};

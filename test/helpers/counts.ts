/** How often a test repeats: `small` in every run, `long` with `TRIAD_TEST_LONG=1`. */
export function count(small: number, long: number): number {
  return process.env['TRIAD_TEST_LONG'] === '1' ? long : small;
}

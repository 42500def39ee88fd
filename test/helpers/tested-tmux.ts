/** The tmux that the tests run with: a name on PATH or a path. */
export const TESTED_TMUX = process.env['TRIAD_TMUX'] ?? 'tmux';

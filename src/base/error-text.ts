/** One error as the command line prints it; each of its lines is a problem of its own. */
export function errorText(message: string, hint: string): string {
  const problems = message.split('\n').map((line) => `triad: error: ${line}\n`);
  return problems.join('') + (hint === '' ? '' : `triad: hint: ${hint}\n`);
}

/** Names of variables whose values are for the program alone; a URL often has a password in it. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|URL|DSN/i;
/** Shorter values are in too many words to be of use to anybody. */
const MIN_LENGTH = 6;

/** Puts `[NAME]` in the place of each value of a secret variable that a program has put out. */
export function hideValues(text: string, env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .filter(([name, value]) => SECRET_NAME.test(name) && value.length >= MIN_LENGTH)
    .sort(([, left], [, right]) => right.length - left.length)
    .reduce((hidden, [name, value]) => hidden.replaceAll(value, `[${name}]`), text);
}

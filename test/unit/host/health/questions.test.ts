import { expect, test } from 'vitest';
import { compilePattern, type Pattern } from '../../../../src/base/pattern.js';
import { DEFAULT_QUESTIONS } from '../../../../src/host/health/questions.js';

const patterns = DEFAULT_QUESTIONS.map((source): Pattern => {
  const compiled = compilePattern(source);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled;
});

const ASKING = [
  'Do you want to continue? [Y/n] ',
  ':: Proceed with installation? [Y/n] ',
  '*** sshd_config (Y/I/N/O/D/Z) [default=N] ? ',
  'Are you sure you want to continue connecting (yes/no/[fingerprint])? ',
  "anna@build's password: ",
  "Enter passphrase for key '/home/anna/.ssh/id_ed25519': ",
  "Enter PIN for 'token': ",
  'Verification code: ',
  '[sudo] password for anna: ',
  "Username for 'https://github.com': ",
  "Password for 'https://anna@github.com': ",
  'Password for user anna: ',
  'build login: ',
  'Stage this hunk [y,n,q,a,d,j,J,g,/,e,?]? ',
  "Unlink of file 'x' failed. Should I try again? (y/n) ",
  'Ok to proceed? (y) ',
  'Is this OK? (yes) ',
  'package name: (demo) ',
  'description: ',
  'Enter OTP: ',
  '  Enter a value: ',
  "rm: remove regular file 'a'? ",
  "cp: overwrite 'b'? ",
  'Your selection? ',
  'Press ENTER to continue',
  'Press any key to continue . . .',
  'Do you want to proceed?',
  'Do you want to make this edit to main.ts?',
  '│ Do you want to create notes.md?                 │',
  '❯ 1. Yes',
  '│ ❯ 2. Yes, and do not ask again this session (shift+tab) │',
  '   3. No, and tell Claude what to do differently (esc)',
  ' Enter to confirm · Esc to cancel',
  'Would you like to run the following command?',
  '› 1. Yes, proceed (y)',
  'Press enter to confirm or esc to cancel',
  'Allow command?',
  "Add src/main.py to the chat? (Y)es/(N)o/(A)ll/(S)kip all/(D)on't ask again [Yes]: ",
  "Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]: ",
  'ask> ',
  '> ',
  '? What account do you want to log into?  [Use arrows to move, type to filter]',
  'Which of the two designs would you prefer?',
  'How should I go on?',
  '>>> ',
  '(Pdb) ',
  'In [12]: ',
  '--More--(42%)',
  '(END)',
];

const NOT_ASKING = [
  '',
  'INFO: listening on 127.0.0.1:8080',
  'INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)',
  '  ➜  press h + enter to show help',
  '✻ Thinking… (12s · esc to interrupt)',
  'Is the server running locally and accepting connections on that socket?',
  'Could not connect. Are you sure postgres is running?',
  "git: 'comit' is not a git command. Did you mean 'commit'?",
  'TypeError: cannot read properties of undefined',
  'Content-Type: application/json',
  'error: no matching type:',
  'The following packages will be upgraded:',
  'Unpacking libc6 (2.36-9) over (2.36-8) ...',
  'password accepted for anna',
  'user login took 12 ms',
  'step 3/10: compiling (14 modules)',
  '<p>done</p>',
  '-->',
  '>>> print(1)',
  'anna@build:~$ ',
  '2026-01-01T00:00:00Z worker waits for jobs',
  'allowing 3 connections',
  'version: 1.2.3',
];

const asks = (line: string): boolean => patterns.some((pattern) => pattern.matches(line));

test.each(ASKING)('%j asks somebody', (line) => expect(asks(line)).toBe(true));

test.each(NOT_ASKING)('%j asks nobody', (line) => expect(asks(line)).toBe(false));

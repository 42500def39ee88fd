const ESC = '\x1b';
const CSI = `${ESC}[`;
const ST = `${ESC}\\`;
const PREFIX = '\x02';

/** An input with a name for messages; bytes are latin1. */
export interface Input {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Inputs that leave: alone, after other keys, and after what only looks like the start of a
 * sequence.
 */
export const LEAVING = inputs('leaves', [
  ...['q', '\x03', '\x04', `${PREFIX}d`, `${ESC}q`, `abcq`, `${PREFIX}${PREFIX}d`, `${PREFIX}\x03`],
  ...[`${CSI}Aq`, `${CSI}<0;10;10Mq`, `${CSI}200~q${CSI}201~q`, `${ESC}]10;rgb:0/0/0${ST}q`],
  ...[`${CSI}M q!q`, `${ESC}P>|xterm${ST}\x04`, '\xff\xfeq', `${ESC}OPq`, `${PREFIX}xq`],
  ...[`${CSI}200~\x03${CSI}201~`, `${CSI}200~never ends\x03`, `${CSI}Mq\x1bq`],
]);

/** Inputs that must have no effect, neither in the session nor for the observer. */
export function harmlessInputs(): Input[] {
  return [
    ...everyByte(),
    ...inputs('CSI', csiSequences()),
    ...inputs(
      'SS3',
      Array.from('ABCDFHPQRSMjklmnopqrstuvwxyX', (final) => `${ESC}O${final}`),
    ),
    ...inputs('mouse', mouseReports()),
    ...inputs('paste', pastes()),
    ...inputs('reply', terminalReplies()),
    ...inputs('prefix', prefixedKeys()),
    ...inputs('string', hostileStrings()),
    ...inputs('UTF-8', ['ä', '漢字', '🙂', 'e\u0301'].map(utf8).concat(BROKEN_UTF8)),
    ...inputs('shell', [
      'rm -rf /\r',
      'exit\r',
      ':kill-server\r',
      '$(reboot)\r',
      '\x1a',
      '\x1c',
      '\x11\x13',
    ]),
  ];
}

/** Inputs of a megabyte each. */
export function floods(): Input[] {
  const million = 1024 * 1024;
  const patterns = [
    'x',
    '\r',
    ESC,
    PREFIX,
    '\xff',
    '\x00',
    `${CSI}<35;10;10M`,
    `${CSI}I${CSI}O`,
    `${PREFIX}(`,
  ];
  return patterns.map((pattern) => ({
    name: `1 MB of ${JSON.stringify(pattern)}`,
    bytes: Buffer.alloc(million, pattern, 'latin1'),
  }));
}

/** Ends whatever an input has begun, so that the next one counts. */
export const ENDING = Buffer.from(`${CSI}201~${ST}\x18`, 'latin1');

const LEAVING_BYTES = [0x03, 0x04, 0x71];

function everyByte(): Input[] {
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const harmless = all.filter((byte) => !LEAVING_BYTES.includes(byte));
  return harmless.map((byte) => ({ name: `byte ${byte}`, bytes: Buffer.from([byte]) }));
}

function csiSequences(): string[] {
  const finals = Array.from({ length: 0x7f - 0x40 }, (_, index) =>
    String.fromCharCode(0x40 + index),
  );
  const plain = finals.map((final) => `${CSI}1;5${final}`);
  const modes = [1, 7, 25, 47, 69, 1000, 1002, 1004, 1006, 1049, 2004, 2026];
  const keys = [1, 2, 3, 4, 5, 6, 11, 15, 17, 24].map((key) => `${CSI}${key}~`);
  const reset = [
    `${CSI}!p`,
    `${ESC}c`,
    `${CSI}8;5;20t`,
    `${CSI}3J`,
    `${CSI}114u`,
    `${CSI}27;5;113~`,
  ];
  return [
    ...plain,
    ...modes.flatMap((mode) => [`${CSI}?${mode}h`, `${CSI}?${mode}l`]),
    ...keys,
    ...reset,
  ];
}

function mouseReports(): string[] {
  const old = [' !!', '#!!', '`!!', 'a!!', '"0(', ' qq', ' \x03\x04'].map(
    (report) => `${CSI}M${report}`,
  );
  const sgr = [0, 1, 2, 32, 35, 64, 65, 66, 68, 128].flatMap((button) => [
    ...[`${CSI}<${button};10;5M`, `${CSI}<${button};10;5m`, `${CSI}<${button};1;30M`],
  ]);
  return [...old, ...sgr, `${CSI}32;10;5M`, `${CSI}<0;99999;99999M`, `${CSI}<0;-1;0M`];
}

function pastes(): string[] {
  const texts = [
    'hello',
    'q',
    'quit\r',
    '\x04',
    `${PREFIX}d`,
    `${PREFIX}:kill-server\r`,
    `${CSI}A q`,
    '',
  ];
  return texts.map((text) => `${CSI}200~${text}${CSI}201~`);
}

function terminalReplies(): string[] {
  const csi = [
    '?1;2c',
    '?62;4;6;22c',
    '>0;276;0c',
    '>41;354;0c',
    '=0c',
    '0n',
    '3n',
    '5;10R',
    '?5;10R',
    'I',
    'O',
  ];
  const windows = [
    '4;900;1600t',
    '8;50;200t',
    '6;20;10t',
    '?997;1n',
    '?997;2n',
    '?2026;2$y',
    '?1u',
    '?0;1;4S',
  ];
  const strings = [
    ...[
      '10;rgb:ffff/ffff/ffff',
      '11;rgb:0000/0000/0000',
      '12;rgb:ff/00/00',
      '4;1;rgb:cd/00/00',
      'Lquit',
    ],
    ...['52;c;cXF1aXQ=', '52;;!', '52;c;?', '0;q', '8;;http://q', '133;A', '1337;q'],
  ];
  const device = ['>|XTerm(388)', '>|iTerm2 3.6', '1+r436f=323536', '0+r', '1$r0m', '!|7E565445'];
  return [
    ...[...csi, ...windows].map((reply) => `${CSI}${reply}`),
    ...strings.flatMap((reply) => [`${ESC}]${reply}${ST}`, `${ESC}]${reply}\x07`]),
    ...device.map((reply) => `${ESC}P${reply}${ST}`),
  ];
}

/** tmux's prefix and every key after it that does not detach. */
function prefixedKeys(): string[] {
  const printable = Array.from({ length: 0x7f - 0x20 }, (_, index) =>
    String.fromCharCode(0x20 + index),
  );
  const control = Array.from({ length: 0x20 }, (_, byte) => String.fromCharCode(byte));
  const keys = [...printable, ...control].filter(
    (key) => !['d', 'q', '\x03', '\x04'].includes(key),
  );
  const named = ['A', 'B', 'C', 'D', '1;5A', '1;3C', '5~', '6~', '3~'].map(
    (key) => `${PREFIX}${CSI}${key}`,
  );
  const commands = [
    ':kill-server\r',
    ':detach-client -a\r',
    ':switch-client -r\r',
    '$x\r',
    ',x\r',
    '[ \r',
    '&y',
    'xy',
  ];
  return [...keys.map((key) => PREFIX + key), ...named, ...commands.map((keys) => PREFIX + keys)];
}

function hostileStrings(): string[] {
  const intro = ['P', ']', 'X', '^', '_'];
  const passthrough = `${ESC}Ptmux;${ESC}${ESC}]52;c;cXF1aXQ=\x07${ST}`;
  return [
    ...intro.map((kind) => `${ESC}${kind}${'z'.repeat(900)}${ST}`),
    passthrough,
    `${ESC}k title${ST}`,
  ];
}

const BROKEN_UTF8 = [
  '\xc0\x80',
  '\xed\xa0\x80',
  '\xf8\x88\x80\x80\x80',
  '\xe2\x82',
  '\xff\xfe',
  '\xf4\x90\x80\x80',
];

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function inputs(kind: string, texts: readonly string[]): Input[] {
  return texts.map((text) => ({
    name: `${kind} ${JSON.stringify(text.slice(0, 40))}`,
    bytes: Buffer.from(text, 'latin1'),
  }));
}

import { type ColumnRules, columnRulesSchema } from '../base/columns.js';
import { RefusedError } from '../base/errors.js';
import { visible } from '../base/visible.js';
import { type WindowLayout, windowLayoutSchema } from '../base/window-layout.js';

/*
 * A mirror's stream is messages: a byte that says what it is, four that say how long, and so many
 * bytes. So a layout keeps its position between the pieces of output.
 */
const LAYOUT = 1;
const OUTPUT = 2;
const COLUMNS = 3;
const HEAD_BYTES = 5;
/**
 * A layout of a thousand panes with the longest names takes half of it; longer output is cut into
 * several messages.
 */
export const MAX_MESSAGE_BYTES = 512 * 1024;

export type MirrorMessage =
  | { readonly kind: 'columns'; readonly columns: ColumnRules }
  | { readonly kind: 'layout'; readonly layout: WindowLayout }
  | { readonly kind: 'output'; readonly bytes: Uint8Array };

export function columnsMessage(columns: ColumnRules): Uint8Array {
  return message(COLUMNS, Buffer.from(JSON.stringify(columns)));
}

export function layoutMessage(layout: WindowLayout): Uint8Array {
  return message(LAYOUT, Buffer.from(JSON.stringify(layout)));
}

export function outputMessages(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += MAX_MESSAGE_BYTES) {
    messages.push(message(OUTPUT, bytes.subarray(start, start + MAX_MESSAGE_BYTES)));
  }
  return messages;
}

function message(type: number, body: Uint8Array): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(type);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** Takes a mirror's stream apart, however it was cut; keeps less than one message of it. */
export class MirrorMessageReader {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #wanted = HEAD_BYTES;

  /**
   * The messages that have become whole.
   *
   * @throws RefusedError at bytes that are no message; nothing more can be read then.
   */
  *read(bytes: Uint8Array): Generator<MirrorMessage> {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes < this.#wanted) return;
    let rest = Buffer.concat(this.#pieces.splice(0));
    for (let length = lengthOf(rest); rest.length >= length; length = lengthOf(rest)) {
      yield parse(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    this.#pieces.push(rest);
    this.#bytes = rest.length;
    this.#wanted = lengthOf(rest);
  }
}

/** The length of the message that begins here; that of its head while the head is not whole. */
function lengthOf(start: Buffer): number {
  if (start.length < HEAD_BYTES) return HEAD_BYTES;
  const length = start.readUInt32BE(1);
  if (length <= MAX_MESSAGE_BYTES) return HEAD_BYTES + length;
  throw new RefusedError(
    `link: a mirror's message must be at most ${MAX_MESSAGE_BYTES} bytes, got ${length}`,
  );
}

function parse(whole: Buffer): MirrorMessage {
  const body = whole.subarray(HEAD_BYTES);
  const type = whole.readUInt8();
  if (type === OUTPUT) return { kind: 'output', bytes: body };
  if (type === LAYOUT) {
    return { kind: 'layout', layout: parseValue(body, windowLayoutSchema, 'a layout') };
  }
  if (type === COLUMNS) {
    return { kind: 'columns', columns: parseValue(body, columnRulesSchema, 'rules of columns') };
  }
  throw new RefusedError(`link: a mirror's message must be of type 1 to 3, got ${type}`);
}

function parseValue<T>(body: Buffer, schema: Schema<T>, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new RefusedError(`link: got ${what} that is no JSON`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RefusedError(`link: got ${what} that does not fit: ${visible(parsed.error.message)}`);
}

/** The part of a zod schema that is used here. */
interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly message: string } };
}

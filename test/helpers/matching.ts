import { expect } from 'vitest';

/** vitest's matchers inside of expected values, without their `any`. */
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const containing = (text: string): unknown => expect.stringContaining(text);
export const having = (fields: object): unknown => expect.objectContaining(fields);
export const any = (type: unknown): unknown => expect.any(type);

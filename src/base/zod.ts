import { createRequire } from 'node:module';
import type * as Zod from 'zod';

/**
 * zod in its CommonJS form, which is read one file after the other. Node.js opens all files that an ES module
 * imports at once, and zod's are so many that a start needed more than 128 descriptors.
 */
export const { z } = createRequire(import.meta.url)('zod') as typeof Zod;

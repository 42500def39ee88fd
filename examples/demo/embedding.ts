/** Enough to tell a few hundred sentences apart, small enough to read in a prompt. */
const EMBEDDING_DIMENSIONS = 64;

/**
 * A vector of length 1 for a text: its words and their three-letter pieces, hashed into
 * `EMBEDDING_DIMENSIONS` places. Texts that share words are near each other; meaning plays no part.
 */
export function embed(text: string): number[] {
  const vector = new Array<number>(EMBEDDING_DIMENSIONS).fill(0);
  for (const feature of featuresOf(text)) {
    const hash = fnv1a(feature);
    const place = hash % EMBEDDING_DIMENSIONS;
    // The hash's top bit decides the sign, so that collisions cancel out rather than add up.
    vector[place] = (vector[place] ?? 0) + (hash >>> 31 === 0 ? 1 : -1);
  }
  return normalized(vector);
}

function* featuresOf(text: string): Generator<string> {
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    yield word;
    for (let start = 0; start + 3 <= word.length; start++) yield word.slice(start, start + 3);
  }
}

function normalized(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  // A vector of zeros has no direction and no cosine distance: point it somewhere fixed.
  if (length === 0) return vector.map((_value, place) => (place === 0 ? 1 : 0));
  return vector.map((value) => value / length);
}

/** FNV-1a, 32 bits (RFC 9923), over UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  }
  return hash >>> 0;
}

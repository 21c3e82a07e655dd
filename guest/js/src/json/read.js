// JSON text to values, with nothing lost: an integer that a double cannot be trusted with becomes a BigInt.

import { readExactly } from "./exact.js";
import { hasLarge, trust } from "./trust.js";

/**
 * Reads JSON text. What it answers is frozen at every depth.
 *
 * An integer within 64 bits but beyond `Number.MAX_SAFE_INTEGER` is a BigInt, every other number a double. Throws a
 * SyntaxError for text that is not JSON.
 */
export function parse(text) {
  const value = JSON.parse(text);
  trust(value);
  if (!hasLarge(value)) return value;
  // The engine's reading has told that the text is JSON. Reading by hand is slow, and rarely needed.
  const exact = readExactly(text);
  trust(exact);
  return exact;
}

// The bounds of the contract's `json`.

import { write } from "./json.js";

/** How deep an object may be nested: `{}` is 1. */
export const MOST_LEVELS = 100;

/** How deep it is. */
export function depth(value) {
  if (value instanceof Map) return 1 + deepest(value.values());
  return Array.isArray(value) ? 1 + deepest(value) : 0;
}

function deepest(items) {
  let most = 0;
  for (const item of items) most = Math.max(most, depth(item));
  return most;
}

/** An object of a question as the contract's `json`; an empty one where there is none. Throws a TypeError for one that is too deep. */
export function object(name, map = new Map()) {
  if (depth(map) > MOST_LEVELS) throw new TypeError(`\`${name}\` is nested deeper than ${MOST_LEVELS} levels`);
  return write(map);
}

// What `merge` answers. Auth0 drops the secondary's bags at linking, so every first-level key of theirs must be carried, equal
// already, or named as discarded: here that is worked out.

import { equal } from "./json/equal.js";
import { own } from "./json/object.js";
import { stringify } from "./json/write.js";
import { MOST_OPERATIONS, between, child } from "./patch.js";

/**
 * How one bag of the secondary goes into the primary's, so that the primary's looks like `result`. Keys of the secondary
 * that leave no trace in it are named as discarded.
 *
 * Answers `{patch, discard}`: the RFC 6902 patch as JSON text, and RFC 6901 pointers. Throws a RangeError when more than
 * 10,000 first-level keys change: no patch may say so much.
 */
export function toResult(primary, secondary, result) {
  const patch = between(primary, result);
  if (patch.length > MOST_OPERATIONS) {
    throw new RangeError(`the plan needs more than ${MOST_OPERATIONS} operations for one bag`);
  }
  return { patch: stringify(patch), discard: discarded(primary, secondary, patch) };
}

function discarded(primary, secondary, patch) {
  const [written, removed] = [new Set(), new Set()];
  for (const { op, path } of patch) (op === "remove" ? removed : written).add(first(path));
  const isCarried = (key) => {
    const pointer = child("", key);
    if (written.has(pointer)) return true;
    return !removed.has(pointer) && Object.hasOwn(primary, key) && equal(own(primary, key), own(secondary, key));
  };
  return Object.keys(secondary)
    .filter((key) => !isCarried(key))
    .map((key) => child("", key));
}

/** The pointer of the first-level key at or above a path. */
function first(path) {
  const end = path.indexOf("/", 1);
  return end < 0 ? path : path.slice(0, end);
}

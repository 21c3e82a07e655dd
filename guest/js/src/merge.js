// Merge strategies: what a bag becomes. `api.user.replaceUserMetadata` and `replaceAppMetadata` take the answer.

import { canonical } from "./json/equal.js";
import { isObject, put } from "./json/object.js";
import { isTrusted, trustMixture } from "./json/trust.js";

/**
 * What two arrays at the same place become. Their items are never looked into.
 *
 * `concat`: the primary's items, then the secondary's; duplicates stay. `union`: the same, each value where it occurs first
 * and nowhere else. `primary`: the primary's array, as it is.
 */
const ARRAYS = {
  concat: (primary, secondary) => primary.concat(secondary),
  union: (primary, secondary) => {
    const joined = union(primary, secondary);
    const isPrimary = joined.length === primary.length && joined.every((item, index) => item === primary[index]);
    return isPrimary ? primary : joined;
  },
  primary: (primary) => primary,
};

/**
 * Both bags in one: keys that only one side has are kept, objects on both sides are merged key by key, arrays on both sides
 * become what `arrays` says, and in every other conflict the primary's value stands, `null` included.
 *
 * What it answers can be changed at its first level; beneath, it is frozen like the event that it comes from.
 */
export function recursive(primary, secondary, arrays = "concat") {
  if (!Object.hasOwn(ARRAYS, arrays)) throw new RangeError("arrays is one of concat, union and primary");
  return { ...join(primary, secondary, ARRAYS[arrays]) };
}

/** Answers the primary itself where nothing is added: what stays the same object is not compared again for the patch. */
function join(primary, secondary, arrays) {
  let merged;
  for (const key of Object.keys(secondary)) {
    const decided = Object.hasOwn(primary, key) ? decide(primary[key], secondary[key], arrays) : secondary[key];
    if (Object.hasOwn(primary, key) && decided === primary[key]) continue;
    merged ??= { ...primary };
    put(merged, key, decided);
  }
  return merged ?? primary;
}

function decide(primary, secondary, arrays) {
  if (typeof primary !== "object" || typeof secondary !== "object") return primary;
  if (Array.isArray(primary) && Array.isArray(secondary))
    return mixture(arrays(primary, secondary), primary, secondary);
  if (isObject(primary) && isObject(secondary)) return mixture(join(primary, secondary, arrays), primary, secondary);
  return primary;
}

/**
 * Of two parts of events nothing can come that JSON cannot say. An author's own values are looked at when they are handed
 * over.
 */
const mixture = (merged, primary, secondary) =>
  merged !== primary && isTrusted(primary) && isTrusted(secondary) ? trustMixture(merged, primary, secondary) : merged;

/** The items of both arrays, each value where it occurs first and nowhere else. */
export function union(primary, secondary) {
  const seen = new Map();
  for (const item of primary.concat(secondary)) {
    const key = quick(item) ?? canonical(item);
    if (!seen.has(key)) seen.set(key, item);
  }
  return [...seen.values()];
}

/** What tells texts apart from each other and from everything else, without writing them as JSON. undefined for what is no text. */
const quick = (item) => (typeof item === "string" ? `"${item}` : undefined);

// RFC 6902 JSON Patch, as far as the contract allows it: add, remove and replace, never the root.

import { equal } from "./json/equal.js";
import { isObject } from "./json/object.js";

/** At most so many operations may a patch have; the host refuses more. */
export const MOST_OPERATIONS = 10_000;

/**
 * Beyond so many changes below one first-level key, the key is replaced whole: the host writes first-level keys whole in any
 * case, and one value is shorter than many operations with their paths.
 */
const MOST_OPERATIONS_PER_KEY = 16;

/** The RFC 6901 pointer of a key beneath another; the root is "". */
export const child = (pointer, key) => `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/**
 * What turns one bag into another: a list of `{op, path, value}`. Objects are compared key by key, everything else whole;
 * values equal as JSON are left alone.
 */
export function between(before, after) {
  const patch = within(before, after, MOST_OPERATIONS_PER_KEY);
  return patch.length <= MOST_OPERATIONS ? patch : within(before, after, 1);
}

function within(before, after, mostPerKey) {
  const patch = removals("", before, after);
  for (const key of Object.keys(after)) {
    const path = child("", key);
    const value = after[key];
    const changes = change(path, before, key, value);
    if (changes.length > mostPerKey) patch.push({ op: "replace", path, value });
    else patch.push(...changes);
  }
  return patch;
}

function change(path, before, key, value) {
  if (!Object.hasOwn(before, key)) return [{ op: "add", path, value }];
  const old = before[key];
  if (old === value) return [];
  if (isObject(old) && isObject(value)) return changeObject(path, old, value);
  return equal(old, value) ? [] : [{ op: "replace", path, value }];
}

function changeObject(path, before, after) {
  const patch = removals(path, before, after);
  for (const key of Object.keys(after)) {
    const changes = change(child(path, key), before, key, after[key]);
    for (const operation of changes) patch.push(operation);
  }
  return patch;
}

function removals(path, before, after) {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return gone.map((key) => ({ op: "remove", path: child(path, key) }));
}

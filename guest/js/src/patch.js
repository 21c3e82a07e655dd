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
  const patch = [];
  remove(patch, "", before, after);
  for (const key of Object.keys(after)) {
    const start = patch.length;
    change(patch, start + mostPerKey, "", before, key, after[key]);
    if (patch.length - start > mostPerKey) {
      patch.length = start;
      patch.push({ op: "replace", path: child("", key), value: after[key] });
    }
  }
  return patch;
}

/** Paths are made for what is written only: most keys of a large bag are not. Beyond `most` operations no more are looked for. */
function change(patch, most, parent, before, key, value) {
  const old = before[key];
  if (old === value && Object.hasOwn(before, key)) return;
  if (!Object.hasOwn(before, key)) patch.push({ op: "add", path: child(parent, key), value });
  else if (isObject(old) && isObject(value)) changeObject(patch, most, child(parent, key), old, value);
  else if (!equal(old, value)) patch.push({ op: "replace", path: child(parent, key), value });
}

function changeObject(patch, most, path, before, after) {
  remove(patch, path, before, after);
  for (const key of Object.keys(after)) {
    if (patch.length > most) return;
    change(patch, most, path, before, key, after[key]);
  }
}

function remove(patch, path, before, after) {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) patch.push({ op: "remove", path: child(path, key) });
  }
}

// A patch of this library's own making, applied: adds, removes and replaces keys of objects.

import { put } from "../json/object.js";

/** The bag after the patch. */
export const applied = (bag, patch) =>
  patch.reduce((result, { op, path, value }) => changed(result, keys(path), op, value), bag);

const keys = (pointer) =>
  pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));

/** Only what lies on the way is copied: the bag is frozen. */
function changed(object, [key, ...below], op, value) {
  const copy = { ...object };
  if (op !== "add" && !Object.hasOwn(object, key)) throw new Error(`the patch would ${op} what is not there`);
  if (below.length > 0) put(copy, key, changed(object[key], below, op, value));
  else if (op === "remove") delete copy[key];
  else put(copy, key, value);
  return copy;
}

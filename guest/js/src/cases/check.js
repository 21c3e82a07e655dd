// Whether an outcome is what a case demands.

import { equal } from "../json/equal.js";
import { stringify } from "../json/write.js";

const LISTS = ["discard_user_metadata", "discard_app_metadata"];

/** Throws an Error with the first part that differs. */
export function check(expected, got) {
  const [key] = Object.keys(expected);
  if (!Object.hasOwn(got, key)) throw new Error(`expected ${stringify(expected)}, got ${stringify(got)}`);
  if (key === "result") checkMerged(expected, got);
  else if (key === "refused") checkRefused(expected.refused, got.refused);
  else same(key, expected[key], got[key]);
}

function checkMerged(expected, got) {
  same("user_metadata", expected.result.user_metadata, got.result.user_metadata);
  same("app_metadata", expected.result.app_metadata, got.result.app_metadata);
  for (const [index, list] of LISTS.entries()) {
    if (expected.discard[index] !== undefined)
      same(list, [...expected.discard[index]].sort(), [...got.discard[index]].sort());
  }
}

/** Of the answer, what the case does not speak of is left out. */
const checkRefused = (expected, { code, message }) =>
  same("refused", expected, expected.message === undefined ? { code } : { code, message });

function same(what, expected, got) {
  if (!equal(expected, got)) throw new Error(`${what}: expected ${stringify(expected)}, got ${stringify(got)}`);
}

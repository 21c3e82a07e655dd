// What the keys of a question may hold. A host refuses every other line, and so does this: an answer that a host would not give is none.

import { Numeral } from "./json.js";

/** Whether something holds what its key is for, and what that is called. */
const KINDS = {
  text: ["a text", (value) => typeof value === "string"],
  flag: ["true or false", (value) => typeof value === "boolean"],
  object: ["an object", (value) => value instanceof Map],
  list: ["a list", Array.isArray],
  texts: ["a list of texts", (value) => Array.isArray(value) && value.every((item) => typeof item === "string")],
  count: ["a number from 0 to 4294967295", isCount],
  id: ["a text or a number", (value) => typeof value === "string" || value instanceof Numeral],
};

function isCount(value) {
  return value instanceof Numeral && /^\d+$/.test(value.text) && Number(value.text) < 2 ** 32;
}

/** Throws a TypeError unless something holds. */
export function demand(holds, otherwise) {
  if (!holds) throw new TypeError(otherwise);
}

/** Throws a TypeError for a key that is none of these. */
export function only(object, keys, what) {
  const unknown = [...object.keys()].find((key) => !keys.includes(key));
  demand(unknown === undefined, `${what} has no key \`${unknown}\``);
}

/** What a key holds; `otherwise` where it is not there. Null is nothing that it can hold. */
export function field(object, key, kind, otherwise) {
  if (!object.has(key)) return otherwise;
  return checked(object.get(key), key, kind);
}

/** The same, where null counts as not there. */
export function optional(object, key, kind, otherwise) {
  const value = object.get(key) ?? undefined;
  return value === undefined ? otherwise : checked(value, key, kind);
}

/** Each of a list, which has to be an object. */
export const objects = (list, key) => list.map((item) => checked(item, key, "object"));

function checked(value, key, kind) {
  const [name, holds] = KINDS[kind];
  demand(holds(value), `\`${key}\` is ${name}`);
  return value;
}

// JSON values compared as values: numbers by what they are worth, object keys in any order.

import { isObject, own } from "./object.js";

/** Whether two values are the same JSON value: 1 is 1.0, and a BigInt the double of the same worth. */
export function equal(one, other) {
  if (one === other) return true;
  if (Array.isArray(one)) return Array.isArray(other) && equalArrays(one, other);
  if (isObject(one)) return isObject(other) && equalObjects(one, other);
  return isMixed(one, other) && one == other;
}

const isMixed = (one, other) =>
  (typeof one === "bigint" && typeof other === "number") || (typeof one === "number" && typeof other === "bigint");

function equalArrays(one, other) {
  return one.length === other.length && one.every((item, index) => equal(item, other[index]));
}

function equalObjects(one, other) {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && equal(own(one, key), own(other, key)))
  );
}

/** A text that two values share exactly when they are equal, for sets and maps. */
export function canonical(value) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Number.isInteger(value) ? integer(value) : String(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  return isObject(value) ? object(value) : String(value);
}

/** -0 is 0, and a large double the integer that it is. */
const integer = (value) => (Number.isSafeInteger(value) ? String(value + 0) : BigInt(value).toString());

function object(value) {
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

// What a policy author hands over, checked and copied: JSON can say it, or an error says where it cannot.

import { put } from "./object.js";
import { fits } from "./read.js";
import { isTrusted } from "./trust.js";

/** The contract's bound on nesting, a bag itself counted. */
export const MOST_LEVELS = 100;

/**
 * A copy of a JSON value. Throws a TypeError that names the place, and never the value: undefined, a function, a symbol, NaN,
 * an infinity, a BigInt beyond 64 bits, a lone surrogate, an object of a class, a cycle or too deep a nesting.
 *
 * Stricter than `JSON.stringify`, which leaves out or changes what it cannot say. `levels` is how deep the value may be nested.
 */
export function plain(value, path, levels = MOST_LEVELS) {
  return copy(value, [path], levels);
}

function copy(value, path, levels) {
  switch (typeof value) {
    case "string":
      return text(value, path, "a text");
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : refuse(path, `is ${value}, which JSON cannot say`);
    case "bigint":
      return fits(value) ? value : refuse(path, "is a BigInt beyond 64 bits");
    case "object":
      return value === null || isTrusted(value) ? value : container(value, path, levels);
    default:
      return refuse(path, `is ${article(typeof value)}, which JSON cannot say; leave the key out`);
  }
}

function container(value, path, levels) {
  if (levels === 0) refuse(path.slice(0, 4), `is nested deeper than ${MOST_LEVELS} levels, or holds itself`);
  if (Array.isArray(value)) return items(value, path, levels - 1);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    refuse(path, `is an object of the class ${value.constructor?.name ?? "?"}; hand over plain objects, arrays and scalars`);
  }
  return members(value, path, levels - 1);
}

function members(value, path, levels) {
  const copied = {};
  for (const key of Object.keys(value)) {
    const place = [...path, key];
    put(copied, text(key, place, "a key"), copy(value[key], place, levels));
  }
  return copied;
}

/** By index, since `map` would pass over holes. */
function items(value, path, levels) {
  return Array.from({ length: value.length }, (_, index) => copy(value[index], [...path, index], levels));
}

function text(value, path, what) {
  return value.isWellFormed() ? value : refuse(path.map((part) => String(part).toWellFormed()), `holds ${what} with a lone surrogate`);
}

const article = (type) => (type === "undefined" ? type : `a ${type}`);

function refuse(path, why) {
  throw new TypeError(`${path.join("/")} ${why}`);
}

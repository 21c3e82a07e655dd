// What a policy author hands over, checked and copied: JSON can say it, or an error says where it cannot.

import { fits } from "./exact.js";
import { put } from "./object.js";
import { isTrusted } from "./trust.js";

/** The contract's bound on nesting, a bag itself counted. */
export const MOST_LEVELS = 100;

/**
 * A copy of a JSON value. Throws a TypeError that names the place, and never the value: undefined, a function, a symbol, NaN,
 * an infinity, a BigInt beyond 64 bits, a lone surrogate, an object of a class, a cycle or too deep a nesting.
 *
 * Stricter than `JSON.stringify`, which leaves out or changes what it cannot say. `path` is a list of what leads to the value,
 * `levels` how deep it may be nested.
 */
export function plain(value, path, levels = MOST_LEVELS) {
  return copy(value, path, levels);
}

/** The path is changed on the way and back: a copy of it for every value would cost more than the value. */
function copy(value, path, levels) {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? value : refuse(path, "holds a text with a lone surrogate");
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
  if (!isPlain(value))
    refuse(path, `is an object of the class ${className(value)}; hand over plain objects, arrays and scalars`);
  return members(value, path, levels - 1);
}

function members(value, path, levels) {
  const copied = {};
  for (const key of Object.keys(value)) {
    path.push(key);
    if (!key.isWellFormed()) refuse(path, "holds a key with a lone surrogate");
    put(copied, key, copy(value[key], path, levels));
    path.pop();
  }
  return copied;
}

/** By index, since `map` would pass over holes. */
function items(value, path, levels) {
  const copied = [];
  for (let index = 0; index < value.length; index += 1) {
    path.push(index);
    copied.push(copy(value[index], path, levels));
    path.pop();
  }
  return copied;
}

/** Of this realm or another: what `{}` and `Object.create(null)` make. */
function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

const className = (value) => String(value.constructor?.name ?? "?");

const article = (type) => (type === "undefined" ? type : `a ${type}`);

function refuse(path, why) {
  throw new TypeError(`${path.map((part) => String(part).toWellFormed()).join("/")} ${why}`);
}

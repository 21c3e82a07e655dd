// JSON values to text, so that whoever reads it has the same values: BigInts as integers, large doubles as doubles.

import { LONG } from "./read.js";

/** Writes a value that `plain` has checked. */
export function stringify(value) {
  const text = quick(value);
  return text === undefined || LONG.test(text) ? exact(value) : text;
}

/** The engine's own writing; undefined where a BigInt keeps it from it. */
function quick(value) {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function exact(value) {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return number(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(exact).join()}]`;
  return `{${Object.keys(value).map((key) => `${JSON.stringify(key)}:${exact(value[key])}`).join()}}`;
}

/** JavaScript writes the double 2^63 as 9223372036854776000, which is another number to whoever reads integers exactly. */
function number(value) {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : JSON.stringify(value);
}

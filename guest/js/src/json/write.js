// JSON values to text, so that whoever reads it has the same values: BigInts as integers, large doubles as doubles.

import { hasLarge } from "./trust.js";

/** Writes a JSON value. The engine's own writer is many times faster, and right where there are no large numbers. */
export const stringify = (value) => (hasLarge(value) ? exact(value) : JSON.stringify(value));

function exact(value) {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return number(value);
  if (!hasLarge(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(exact).join()}]`;
  return `{${Object.keys(value)
    .map((key) => `${JSON.stringify(key)}:${exact(value[key])}`)
    .join()}}`;
}

/** JavaScript writes the double 2^63 as 9223372036854776000, which is another number to whoever reads integers exactly. */
const number = (value) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : JSON.stringify(value);

// Values that this library has read itself need no second look: they are JSON, and stay as they are.

const trusted = new WeakSet();

/** Those of them that hold a number beyond what a double can be trusted with. */
const large = new WeakSet();

/** Freezes a JSON value at every depth and remembers it. */
export function trust(value) {
  if (typeof value === "object" && value !== null) trustContainer(value);
}

/** In one pass, and with a plain loop: a megabyte of metadata must stay well within a decision's budget. */
function trustContainer(container) {
  const items = Array.isArray(container) ? container : Object.values(container);
  const { length } = items;
  let isLarge = false;
  for (let index = 0; index < length; index += 1) {
    const item = items[index];
    if (typeof item === "object") {
      if (item !== null && trustContainer(item)) isLarge = true;
    } else if (typeof item !== "string" && isLargeNumber(item)) isLarge = true;
  }
  trusted.add(Object.freeze(container));
  if (isLarge) large.add(container);
  return isLarge;
}

/** Freezes and remembers a new object or array that holds nothing but members of two trusted ones. */
export function trustMixture(container, one, other) {
  trusted.add(Object.freeze(container));
  if (large.has(one) || large.has(other)) large.add(container);
  return container;
}

/** Whether an object or array is known to be JSON, and to stay as it is. */
export const isTrusted = (value) => trusted.has(value);

/** Whether a JSON value is or holds a number beyond `Number.MAX_SAFE_INTEGER` or its negative. */
export function hasLarge(value) {
  if (typeof value !== "object" || value === null) return isLargeNumber(value);
  return trusted.has(value) ? large.has(value) : Object.values(value).some(hasLarge);
}

const isLargeNumber = (scalar) =>
  typeof scalar === "number"
    ? scalar > Number.MAX_SAFE_INTEGER || scalar < Number.MIN_SAFE_INTEGER
    : typeof scalar === "bigint";

// Values that this library has read or checked itself need no second look.

const trusted = new WeakSet();

/** Freezes a JSON value at every depth and remembers it. */
export function trust(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) value.forEach(trust);
  else for (const key of Object.keys(value)) trust(value[key]);
  trusted.add(value);
  return Object.freeze(value);
}

/** Whether an object or array is known to be JSON, and to stay as it is. */
export const isTrusted = (value) => trusted.has(value);

// Objects whose keys come from metadata, where `__proto__` is a key like any other.

/** Sets a key of the object itself; `object[key] = value` would replace the prototype for the key `__proto__`. */
export function put(object, key, value) {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** The value of a key of the object itself; undefined where it has none, however the prototype is called. */
export const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);

/** Whether a JSON value is an object, and neither array nor null. */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// What a case may look like.

/** Throws an Error unless something holds. */
export function demand(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

/** Throws an Error for a key that is none of these: a misspelt one would be passed over. */
export function only(object, keys, what) {
  const unknown = Object.keys(object).find((key) => !keys.includes(key));
  demand(unknown === undefined, `${what} has no key ${unknown}`);
}

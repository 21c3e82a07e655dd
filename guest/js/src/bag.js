// One metadata bag of the result while a policy works on it.

import { isObject, put } from "./json/object.js";
import { MOST_LEVELS, plain } from "./json/plain.js";
import { toResult } from "./plan.js";

/**
 * Begins as the primary's bag with the keys that only the secondary has: where there is no conflict there is nothing to
 * decide. What a key holds that both have is the primary's until the policy says otherwise.
 */
export class Bag {
  #name;
  #primary;
  #secondary;
  #result;

  constructor(name, primary, secondary) {
    this.#name = name;
    this.#primary = primary[name];
    this.#secondary = secondary[name];
    this.#result = carried(this.#primary, this.#secondary);
  }

  /** Sets a first-level key. The value is copied. */
  set(key, value) {
    put(this.#result, this.#key(key), plain(value, [this.#name, key], MOST_LEVELS - 1));
  }

  /** Makes the bag exactly this one. */
  replace(bag) {
    const result = plain(bag, [this.#name]);
    if (!isObject(result)) throw new TypeError(`${this.#name} is an object`);
    this.#result = { ...result };
  }

  /** Leaves the secondary's value of a first-level key behind. */
  discard(key) {
    if (Object.hasOwn(this.#primary, this.#key(key))) put(this.#result, key, this.#primary[key]);
    else delete this.#result[key];
  }

  /** What `plan.toResult` answers. */
  plan() {
    return toResult(this.#primary, this.#secondary, this.#result);
  }

  #key(key) {
    if (typeof key !== "string") throw new TypeError(`a key of ${this.#name} is a string`);
    if (!key.isWellFormed()) throw new TypeError(`a key of ${this.#name} holds a lone surrogate`);
    return key;
  }
}

function carried(primary, secondary) {
  const result = { ...primary };
  for (const key of Object.keys(secondary)) {
    if (!Object.hasOwn(primary, key)) put(result, key, secondary[key]);
  }
  return result;
}

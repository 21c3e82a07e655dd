// JSON text to values, with nothing lost: an integer that a double cannot be trusted with becomes a BigInt.

import { put } from "./object.js";
import { trust } from "./trust.js";

/** So many digits in a row has every integer beyond Number.MAX_SAFE_INTEGER, and nearly nothing else. */
export const LONG = /\d{16}/;

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 64n - 1n];

/**
 * Reads JSON text. What it answers is frozen at every depth.
 *
 * An integer within 64 bits but beyond `Number.MAX_SAFE_INTEGER` is a BigInt, every other number a double. Throws a
 * SyntaxError for text that is not JSON.
 */
export function parse(text) {
  const value = JSON.parse(text);
  // The second reading, by hand, is slow and rarely needed.
  return trust(LONG.test(text) ? new Reader(text).value() : value);
}

/** Whether an integer fits what other languages hold: signed or unsigned 64 bits. */
export const fits = (integer) => integer >= LEAST && integer <= MOST;

/** Reads text that is known to be JSON. */
class Reader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  value() {
    switch (this.#peek()) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return this.#number();
    }
  }

  #peek() {
    while (" \t\n\r".includes(this.#text[this.#at])) this.#at += 1;
    return this.#text[this.#at];
  }

  /** Steps over a character if it is the next one. */
  #skip(character) {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  #object() {
    const object = {};
    this.#skip("{");
    while (!this.#skip("}")) {
      this.#skip(",");
      this.#peek();
      const key = this.#string();
      this.#skip(":");
      put(object, key, this.value());
    }
    return object;
  }

  #array() {
    const array = [];
    this.#skip("[");
    while (!this.#skip("]")) {
      this.#skip(",");
      array.push(this.value());
    }
    return array;
  }

  #string() {
    const start = this.#at;
    do this.#at = this.#text.indexOf('"', this.#at + 1);
    while (this.#escaped());
    this.#at += 1;
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  /** Whether an odd number of backslashes stands before the current character. */
  #escaped() {
    let before = this.#at;
    while (this.#text[before - 1] === "\\") before -= 1;
    return (this.#at - before) % 2 === 1;
  }

  #literal(text, value) {
    this.#at += text.length;
    return value;
  }

  #number() {
    NUMBER.lastIndex = this.#at;
    const [text, fraction, exponent] = NUMBER.exec(this.#text);
    this.#at += text.length;
    const double = Number(text);
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(double)) return double;
    const integer = BigInt(text);
    return fits(integer) ? integer : double;
  }
}

// Reading JSON by hand, for its numbers. The text is known to be JSON.

import { put } from "./object.js";

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 64n - 1n];
const LITERALS = { t: true, f: false, n: null };

/** Whether an integer is one that other languages hold: signed or unsigned 64 bits. */
export const fits = (integer) => integer >= LEAST && integer <= MOST;

/** The value of a text that `JSON.parse` accepts, with BigInts. */
export function readExactly(text) {
  let at = 0;

  const value = () => {
    const character = next();
    if (character === '"') return string();
    if (character === "{") return object();
    if (character === "[") return array();
    return Object.hasOwn(LITERALS, character) ? literal(LITERALS[character]) : number();
  };

  /** The next character that is no white space. */
  const next = () => {
    while (text.charCodeAt(at) <= 32) at += 1;
    return text[at];
  };

  /** Steps over the next character. Answers whether there is another member of the object or array that it stands in. */
  const step = (end) => {
    const isMore = next() !== end;
    at += 1;
    return isMore;
  };

  const object = () => {
    const members = {};
    at += 1;
    if (next() === "}") at += 1;
    else {
      do {
        next();
        const key = string();
        next();
        at += 1;
        put(members, key, value());
      } while (step("}"));
    }
    return members;
  };

  const array = () => {
    const items = [];
    at += 1;
    if (next() === "]") at += 1;
    else {
      do items.push(value());
      while (step("]"));
    }
    return items;
  };

  const string = () => {
    const start = at;
    do at = text.indexOf('"', at + 1);
    while (isEscaped(text, at));
    at += 1;
    const quoted = text.slice(start, at);
    return quoted.includes("\\") ? JSON.parse(quoted) : quoted.slice(1, -1);
  };

  const literal = (meant) => {
    at += String(meant).length;
    return meant;
  };

  const number = () => {
    NUMBER.lastIndex = at;
    const [written, fraction, exponent] = NUMBER.exec(text);
    at += written.length;
    const double = Number(written);
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(double)) return double;
    const integer = BigInt(written);
    return fits(integer) ? integer : double;
  };

  return value();
}

/** Whether an odd number of backslashes stands before a character. */
function isEscaped(text, at) {
  let before = at;
  while (text[before - 1] === "\\") before -= 1;
  return (at - before) % 2 === 1;
}

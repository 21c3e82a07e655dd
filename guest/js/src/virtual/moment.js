// What a policy knows of time and chance: what its event says. Before an event there is neither.

let now;
let seed;

/** Begins a call: `event.now` and `event.seed` of the contract. */
export function begin(record) {
  now = Date.parse(record.now);
  seed = [0, 8, 16, 24].map((at) => mixed(Number.parseInt(record.seed.slice(at, at + 8), 16) + at));
}

/** Milliseconds since 1970. */
export const time = () => known(now, "the time");

/** Four 32-bit words, to be changed by whoever draws from them. */
export const state = () => known(seed, "chance");

/** The module is evaluated once, when the component is built: an answer would be that day's, for ever. */
function known(value, what) {
  if (value === undefined)
    throw new Error(`a policy knows ${what} inside its hooks only, not while its modules are loaded`);
  return value;
}

/** The last step of MurmurHash3, by Austin Appleby: a seed of few bits would give the same numbers for a while. */
function mixed(word) {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

// What a policy knows of time and chance: what its event says. Before an event there is neither.

let now;
let seed;

/** Begins a call: `event.now` and `event.seed` of the contract. */
export function begin(record) {
  now = Date.parse(record.now);
  seed = [0, 8, 16, 24].map((at) => Number.parseInt(record.seed.slice(at, at + 8), 16));
}

/** Milliseconds since 1970. */
export const time = () => known(now, "the time");

/** Four 32-bit words, to be changed by whoever draws from them. */
export const state = () => known(seed, "chance");

/** The module is evaluated once, when the component is built: an answer would be that day's, for ever. */
function known(value, what) {
  if (value === undefined) throw new Error(`a policy knows ${what} inside its hooks only, not while its modules are loaded`);
  return value;
}

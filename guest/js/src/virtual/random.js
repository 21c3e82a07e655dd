// `Math.random` by the event's seed.

import { state } from "./moment.js";

/**
 * The next number of xoshiro128**, by David Blackman and Sebastiano Vigna: at least 0, less than 1, of 32 bits. The same seed
 * gives the same numbers; nothing here is a secret.
 */
export function random() {
  const words = state();
  const result = Math.imul(rotated(Math.imul(words[1], 5), 7), 9) >>> 0;
  step(words);
  return result / 2 ** 32;
}

function step(words) {
  const shifted = words[1] << 9;
  words[2] ^= words[0];
  words[3] ^= words[1];
  words[1] ^= words[2];
  words[0] ^= words[3];
  words[2] ^= shifted;
  words[3] = rotated(words[3], 11);
}

const rotated = (word, by) => (word << by) | (word >>> (32 - by));

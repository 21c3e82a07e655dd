// Time and chance of one call, from its event.

import { instant } from "./instant.js";

const NANOSECONDS = 1_000_000_000n;

/** For `describe`, which gets no event and must not depend on one. */
export const NONE = { seconds: 0n, seed: Buffer.alloc(16) };

/** `{ seconds, seed }`: whole seconds since 1970, and 16 bytes. Throws a TypeError where a host would not ask. */
export function setting({ now, seed }) {
  const time = instant(now);
  if (time === undefined || time < 0n) throw new TypeError("`event.now` is not an RFC 3339 time after 1970");
  if (typeof seed !== "string" || !/^[0-9a-fA-F]{32}$/.test(seed)) {
    throw new TypeError("`event.seed` is not 32 hexadecimal digits");
  }
  return { seconds: time / NANOSECONDS, seed: Buffer.from(seed, "hex") };
}

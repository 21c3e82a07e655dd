// Chance that can be replayed, as in the host's engine: SHA-256 over a label, the seed and a counter, block after block.

import { createHash } from "node:crypto";

export class Chance {
  #seed;
  #counter = 0n;
  #block = Buffer.alloc(0);

  /** @param seed 16 bytes */
  constructor(seed) {
    this.#seed = seed;
  }

  /** The next `length` bytes. */
  bytes(length) {
    while (this.#block.length < length) this.#block = Buffer.concat([this.#block, this.#next()]);
    const bytes = this.#block.subarray(0, length);
    this.#block = this.#block.subarray(length);
    return new Uint8Array(bytes);
  }

  /** The next eight bytes as a number. */
  number() {
    return Buffer.from(this.bytes(8)).readBigUInt64BE();
  }

  #next() {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64LE(this.#counter);
    this.#counter += 1n;
    return createHash("sha256").update("conjoin:policy chance").update(this.#seed).update(counter).digest();
  }
}

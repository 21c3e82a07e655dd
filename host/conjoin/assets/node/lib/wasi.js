// The virtual part of WASI 0.2, as the host's engine has it: time is the event's, chance its seed, output the log. No files, no network, no arguments; to wait ends
// the call.

import { Chance } from "./chance.js";
import { Stop } from "./ending.js";

/** The most bytes of chance in one call, and of a stream in one write. */
const MOST_RANDOM = 65536n;
const MOST_WRITTEN = 4096;

const SECOND = 1_000_000_000n;

class IoError {
  toDebugString() {
    return "";
  }
}

class TerminalInput {}
class TerminalOutput {}

/** Always ready. */
class Pollable {
  ready() {
    return true;
  }

  block() {}
}

/** At its end from the start. */
class InputStream {
  read = closed;
  blockingRead = closed;
  skip = closed;
  blockingSkip = closed;

  subscribe() {
    return new Pollable();
  }
}

class OutputStream {
  #write;

  constructor(write) {
    this.#write = write;
  }

  checkWrite() {
    return BigInt(MOST_WRITTEN);
  }

  write(bytes) {
    if (bytes.length > MOST_WRITTEN) throw misused("a stream was given more bytes at once than it allowed");
    this.#write(bytes);
  }

  blockingWriteAndFlush(bytes) {
    this.write(bytes);
  }

  writeZeroes(length) {
    // Cut before the bytes are made; one over the permit is refused.
    this.write(new Uint8Array(Math.min(Number(length), MOST_WRITTEN + 1)));
  }

  blockingWriteZeroesAndFlush(length) {
    this.writeZeroes(length);
  }

  flush() {}
  blockingFlush() {}
  splice = closed;
  blockingSplice = closed;

  subscribe() {
    return new Pollable();
  }
}

function closed() {
  throw { tag: "closed" };
}

const misused = (how) => new Stop("misused", `the policy misused an import: ${how}`);

function exited() {
  throw new Stop("exited", "the policy called exit; answer with a refusal instead");
}

function waited() {
  throw new Stop("waited", "the policy waited for a clock; policies answer at once");
}

/** All are ready at once. To ask about none is against the interface. */
function poll(pollables) {
  if (pollables.length === 0) throw misused("`poll` was called without pollables");
  return Uint32Array.from(pollables.keys());
}

/** The imports of one instance. */
export function wasi({ seconds, seed, log }) {
  const none = () => undefined;
  const stream = (name) => () => new OutputStream((bytes) => log.write(name, bytes));
  return {
    "wasi:cli/environment": { getEnvironment: () => [], getArguments: () => [], initialCwd: none },
    "wasi:cli/exit": { exit: exited, exitWithCode: exited },
    "wasi:cli/stdin": { getStdin: () => new InputStream() },
    "wasi:cli/stdout": { getStdout: stream("output") },
    "wasi:cli/stderr": { getStderr: stream("errors") },
    "wasi:cli/terminal-input": { TerminalInput },
    "wasi:cli/terminal-output": { TerminalOutput },
    "wasi:cli/terminal-stdin": { getTerminalStdin: none },
    "wasi:cli/terminal-stdout": { getTerminalStdout: none },
    "wasi:cli/terminal-stderr": { getTerminalStderr: none },
    "wasi:io/error": { Error: IoError },
    "wasi:io/poll": { Pollable, poll },
    "wasi:io/streams": { InputStream, OutputStream },
    ...clocks(seconds),
    ...random(new Chance(seed)),
  };
}

function clocks(seconds) {
  return {
    "wasi:clocks/wall-clock": {
      now: () => ({ seconds, nanoseconds: 0 }),
      resolution: () => ({ seconds: 1n, nanoseconds: 0 }),
    },
    "wasi:clocks/monotonic-clock": {
      now: () => seconds * SECOND,
      resolution: () => SECOND,
      subscribeInstant: waited,
      subscribeDuration: waited,
    },
  };
}

function random(chance) {
  const number = () => chance.number();
  const bytes = (length) => {
    if (length > MOST_RANDOM) throw misused("more than 64 KiB of random bytes were asked for at once");
    return chance.bytes(Number(length));
  };
  return {
    "wasi:random/random": { getRandomBytes: bytes, getRandomU64: number },
    "wasi:random/insecure": { getInsecureRandomBytes: bytes, getInsecureRandomU64: number },
    "wasi:random/insecure-seed": { insecureSeed: () => [number(), number()] },
  };
}

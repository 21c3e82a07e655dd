// What a policy said during one call, cut as the host cuts it by default.

/** Bytes of all entries. */
const LIMIT = 16384;

/** What an entry costs beside its text. */
const OVERHEAD = 16;

const LEVELS = { output: "info", errors: "warn" };

export class Log {
  #entries = [];
  #truncated = false;
  #left = LIMIT;
  #streams = { output: Buffer.alloc(0), errors: Buffer.alloc(0) };

  /** One entry, cut to what is left. */
  entry(level, message) {
    const room = this.#left - OVERHEAD;
    if (room < 0) {
      this.#truncated = true;
      return;
    }
    const kept = cut(message, room);
    this.#truncated ||= kept.length < message.length;
    this.#left = room - Buffer.byteLength(kept);
    this.#entries.push({ level, message: kept });
  }

  /** Bytes of standard output or standard error; each finished line becomes an entry. */
  write(stream, bytes) {
    let rest = Buffer.from(bytes);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#buffer(stream, rest.subarray(0, end));
      this.#endLine(stream);
      rest = rest.subarray(end + 1);
    }
    this.#buffer(stream, rest);
  }

  /** Ends both streams and answers `{ entries, truncated }`. */
  finish() {
    for (const stream of ["output", "errors"]) if (this.#streams[stream].length > 0) this.#endLine(stream);
    return { entries: this.#entries, truncated: this.#truncated };
  }

  #buffer(stream, bytes) {
    const line = this.#streams[stream];
    const room = Math.max(0, Math.min(this.#left - line.length, bytes.length));
    this.#streams[stream] = Buffer.concat([line, bytes.subarray(0, room)]);
    this.#truncated ||= room < bytes.length;
  }

  #endLine(stream) {
    const line = this.#streams[stream];
    this.#streams[stream] = Buffer.alloc(0);
    this.entry(LEVELS[stream], line.toString());
  }
}

/** At most so many bytes of UTF-8, and no half of a character. */
function cut(text, room) {
  const bytes = Buffer.from(text);
  if (bytes.length <= room) return text;
  let end = room;
  while (end > 0 && (bytes[end] & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

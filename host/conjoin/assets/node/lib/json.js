// JSON as the host reads and writes it, byte for byte: every number keeps its worth, every key its place. JavaScript's own would turn 9007199254740993 into another
// number, 1.0 into 1, and put the key "10" first.
//
// An object is a Map, a number a Numeral, everything else what it is in JavaScript.

/** A number, as the host writes it. */
export class Numeral {
  constructor(written) {
    this.text = canonical(written);
  }
}

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 64n - 1n];
const LITERALS = { t: true, f: false, n: null };

/** An integer of 64 bits stays one; every other number is a double, in the shortest digits that name it. */
function canonical(written) {
  if (/^-?\d+$/.test(written) && written !== "-0") {
    const integer = BigInt(written);
    if (integer >= LEAST && integer <= MOST) return written;
  }
  const double = Number(written);
  if (!Number.isFinite(double)) throw new SyntaxError("a number is out of range");
  const scientific = double.toExponential();
  const exponent = Number(scientific.split("e")[1]);
  if (exponent < -5 || exponent >= 16) return scientific;
  const text = Object.is(double, -0) ? "-0" : String(double);
  return text.includes(".") ? text : `${text}.0`;
}

/** Writes a value. */
export function write(value) {
  if (value instanceof Numeral) return value.text;
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`)}}`;
  if (Array.isArray(value)) return `[${value.map(write)}]`;
  return JSON.stringify(value);
}

/** How deep the host's parser goes. */
const MOST_LEVELS = 127;

/** Reads a text. Throws a SyntaxError for what is no JSON, and for what the host's parser does not take: more levels, or half a surrogate pair. */
export function read(text) {
  JSON.parse(text);
  let [at, level] = [0, 0];

  /** The next character that is no white space. */
  const next = () => {
    while (text.charCodeAt(at) <= 32) at += 1;
    return text[at];
  };

  const value = () => {
    const character = next();
    if (character === '"') return string();
    if (character === "{") return object();
    if (character === "[") return array();
    if (Object.hasOwn(LITERALS, character)) return literal(LITERALS[character]);
    NUMBER.lastIndex = at;
    const [written] = NUMBER.exec(text);
    at += written.length;
    return new Numeral(written);
  };

  /** Calls `member` for each, up to and over the closing bracket. */
  const members = (end, member) => {
    level += 1;
    if (level > MOST_LEVELS) throw new SyntaxError("it is nested too deep");
    at += 1;
    if (next() === end) at += 1;
    else {
      do {
        member();
        next();
        at += 1;
      } while (text[at - 1] !== end);
    }
    level -= 1;
  };

  const object = () => {
    const read = new Map();
    members("}", () => {
      next();
      const key = string();
      next();
      at += 1;
      read.set(key, value());
    });
    return read;
  };

  const array = () => {
    const read = [];
    members("]", () => read.push(value()));
    return read;
  };

  const string = () => {
    const start = at;
    do at += text[at] === "\\" ? 2 : 1;
    while (text[at] !== '"');
    at += 1;
    const read = JSON.parse(text.slice(start, at));
    if (!read.isWellFormed()) throw new SyntaxError("a text holds half a surrogate pair");
    return read;
  };

  const literal = (meant) => {
    at += String(meant).length;
    return meant;
  };

  return value();
}

// Writes merge cases, one JSON object a line: node generate.mjs SEED COUNT [SETTINGS]
//
// The same seed gives the same cases. A value is a Map (object), an Array, or the JSON text of a scalar: nothing passes
// through a JavaScript number or object, so 9007199254740993, 1.0 and `__proto__` reach both sides as they stand here.

const [seed, count, settings] = process.argv.slice(2);

// Mulberry32: small, seeded, and good enough to choose from short lists.
let state = Number(seed) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];
const several = (most, make) => Array.from({ length: below(most + 1) }, make);

const text = JSON.stringify;
const literals = ["null", "true", "false"];

// No two of them are different numbers that round to the same double: JavaScript could not tell them apart. None is a whole
// number between 10^3 and 2^32: as the `length` of an array-like it makes real lodash fill an array until memory ends.
const numbers = [
  "0", "-0", "1", "1.0", "2", "3", "-1", "0.1", "1e2", "100", "1.5", "-4294967295", "4294967296", "9007199254740993",
  "18446744073709551615", "-9223372036854775808", "123456789012345678901234567890", "1e21", "5e-324",
  "1.7976931348623157e308",
];
const strings = ["", "a", "b", "x", "1", "0x2", " 3 ", "null", "é", "e\u0301", "日本", "🦀", "\u202eabc", "\u0000", "\\\"/"].map((string) => text(string));
const names = [
  "a", "b", "c", "d", "tags", "address", "0", "1", "2", "7", "01", "-1", "length", "__proto__", "constructor", "prototype", "toString",
  "valueOf", "hasOwnProperty", "toJSON", "callee", "size", "push", "", " ", "a/b", "~", "~1", "é", "日本", "🦀", "\u0000",
];

const scalar = () => pick(pick([literals, numbers, strings]));

// What a `length` can be, good and bad: whole, fractional, negative, too large, and of other types that convert.
const length = () => pick(["0", "1", "2", "3", "2.0", "-1", "1.5", "null", "true", '"1"', '"x"', [], ["2"], new Map([["a", "1"]]), "4294967296"]);

const entry = (key, depth) => [key, key === "length" && below(2) ? length() : value(depth)];
const object = (depth, most = 5) => new Map(several(most, () => entry(pick(names), depth)));
const array = (depth) => several(4, () => value(depth));
const arrayLike = (depth) => new Map([["length", length()], ...several(3, () => [`${below(4)}`, value(depth)])]);
const indexed = (depth) => new Map(several(3, () => [`${below(6)}`, value(depth)]));

function value(depth) {
  if (depth <= 0) return scalar();
  return pick([scalar, scalar, scalar, object, object, array, array, arrayLike, indexed, () => new Map(), () => []])(depth - 1);
}

// At most 100 levels with the bag itself, and the same way down on both sides for most of it, so that a merge has to follow.
function deepPair() {
  const steps = Array.from({ length: 60 + below(40) }, () => pick(["a", "a", "b", "[", "0"]));
  const nest = (path) => path.reduce((inner, step) => (step === "[" ? [inner] : new Map([[step, inner]])), scalar());
  const others = steps.map((step) => (below(200) ? step : pick(["a", "["])));
  return [new Map([["a", nest(steps)]]), new Map([["a", nest(others)]])];
}

// Other scalars here and there, keys left out, items added. Half of all pairs are made so: unrelated bags seldom meet below
// the first level.
function vary(json, depth = 2) {
  if (!below(6)) return value(depth);
  if (json instanceof Map) return varyObject(json);
  if (Array.isArray(json)) return json.map((item) => vary(item)).concat(several(1, () => value(1)));
  return below(3) ? json : scalar();
}
const varyObject = (json) => new Map([...json].filter(() => below(8)).map(([key, item]) => [key, vary(item)]));

function pair() {
  if (!below(25)) return deepPair();
  if (!below(40)) return [pick([new Map(), object(3)]), new Map()];
  const one = object(4, 6);
  return [one, below(2) ? varyObject(one) : object(4, 6)];
}

function render(json) {
  if (json instanceof Map) return `{${[...json].map(([key, item]) => `${text(key)}:${render(item)}`).join()}}`;
  return Array.isArray(json) ? `[${json.map(render).join()}]` : json;
}

const account = (user, app) => `{"user_metadata":${render(user)},"app_metadata":${render(app)}}`;
const event = settings ? `"event":{"settings":${settings}},` : "";
for (let made = 0; made < Number(count); made += 1) {
  const [user, app] = [pair(), pair()];
  process.stdout.write(`{"hook":"merge",${event}"primary":${account(user[0], app[0])},"secondary":${account(user[1], app[1])}}\n`);
}

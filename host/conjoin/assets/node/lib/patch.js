// An RFC 6902 patch, applied as far as the contract allows one and within the host's bounds: add, remove, replace, test.

import { MOST_LEVELS, depth } from "./bounds.js";
import { Numeral, read, write } from "./json.js";
import { at, index, keys } from "./pointer.js";

const MOST_OPERATIONS = 10_000;
const MOST_BYTES = 2 ** 20;
const ALLOWED = ["add", "remove", "replace", "test"];
const KNOWN = [...ALLOWED, "move", "copy"];

/** Why a patch is not allowed, in the host's words but for where in its text a patch is malformed. */
export class NotAllowed extends Error {}

/** `{ patch, result }`: the patch as it is read, and the bag after it. Throws a NotAllowed. `field` is what the bag is called. */
export function patched(field, bag, text) {
  const { list, operations } = parsed(field, text);
  const no = (reason) => new NotAllowed(`the ${field} patch ${reason}`);
  if (list.length > MOST_OPERATIONS) throw no(`has ${list.length} operations, more than ${MOST_OPERATIONS}`);
  for (const { op, path } of operations) {
    if (!ALLOWED.includes(op)) throw no(`uses \`${op}\`; only add, remove, replace and test are allowed`);
    if (path === "") throw no("writes the whole bag; name the keys that change");
  }
  const result = copied(bag);
  operations.forEach((operation, number) => {
    if (!apply(result, operation)) throw no(`does not apply to the primary's bag: operation ${number} at ${operation.path}`);
  });
  if (depth(result) > MOST_LEVELS) throw no(`makes a bag deeper than ${MOST_LEVELS} levels`);
  if (bytes(result) > Math.max(MOST_BYTES, bytes(bag))) throw no(`makes a bag larger than ${MOST_BYTES} bytes`);
  return { patch: list, result };
}

const bytes = (bag) => Buffer.byteLength(write(bag));

function parsed(field, text) {
  try {
    const list = read(text);
    if (!Array.isArray(list)) throw new SyntaxError("not a list");
    return { list, operations: list.map(operation) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new NotAllowed(`the ${field} patch is not an RFC 6902 JSON Patch`);
  }
}

function operation(given) {
  const [op, path] = given instanceof Map ? [given.get("op"), given.get("path")] : [];
  if (!KNOWN.includes(op)) throw new SyntaxError("not an operation");
  if (["move", "copy"].includes(op)) keys(given.get("from"));
  else if (op !== "remove" && !given.has("value")) throw new SyntaxError("no value");
  return { op, path, keys: keys(path), value: given.get("value") };
}

/** Whether it applied. */
function apply(bag, { op, keys, value }) {
  const holder = keys.slice(0, -1).reduce(at, bag);
  const last = keys.at(-1);
  if (op === "add") return add(holder, last, copied(value));
  const there = at(holder, last);
  if (there === undefined) return false;
  if (op === "test") return equal(there, value);
  if (op === "remove") remove(holder, last);
  else if (holder instanceof Map) holder.set(last, copied(value));
  else holder[index(last)] = copied(value);
  return true;
}

function add(holder, key, value) {
  if (holder instanceof Map) return Boolean(holder.set(key, value));
  if (!Array.isArray(holder)) return false;
  const place = key === "-" ? holder.length : index(key);
  if (!(place <= holder.length)) return false;
  holder.splice(place, 0, value);
  return true;
}

function remove(holder, key) {
  if (!(holder instanceof Map)) return holder.splice(index(key), 1);
  // As the host's objects do it: the last member takes the free place.
  const members = [...holder];
  const place = members.findIndex(([name]) => name === key);
  const last = members.pop();
  if (place < members.length) members[place] = last;
  holder.clear();
  for (const [name, value] of members) holder.set(name, value);
}

/** An object's keys in any order. An integer and a double are never equal, whatever they are worth. */
function equal(one, other) {
  if (one instanceof Numeral && other instanceof Numeral) {
    const isDouble = ({ text }) => /[.eE]/.test(text) || text === "-0";
    return one.text === other.text || (isDouble(one) && isDouble(other) && Number(one.text) === Number(other.text));
  }
  if (one instanceof Map && other instanceof Map) {
    return one.size === other.size && [...one].every(([key, value]) => other.has(key) && equal(value, other.get(key)));
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, place) => equal(value, other[place]));
  }
  return one === other;
}

function copied(value) {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copied(item)]));
  return Array.isArray(value) ? value.map(copied) : value;
}

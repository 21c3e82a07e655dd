// An RFC 6902 patch, applied as far as the contract allows one: add, remove, replace, test.

import { write } from "./json.js";

/** The bag after the patch. Throws an Error for what does not apply. */
export function applied(bag, patch) {
  const result = copied(bag);
  for (const operation of patch) apply(result, operation);
  return result;
}

function apply(bag, operation) {
  const [op, path] = [operation.get("op"), operation.get("path")];
  const keys = path.split("/").slice(1).map(unescaped);
  const last = keys.pop();
  const holder = keys.reduce(at, bag);
  if (op !== "add") demand(at(holder, last) !== undefined, path);
  if (op === "add" || op === "replace") put(holder, last, copied(operation.get("value")), op, path);
  else if (op === "remove") remove(holder, last);
  else demand(op === "test" && write(at(holder, last)) === write(operation.get("value")), path);
}

const unescaped = (segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~");

const at = (holder, key) => (holder instanceof Map ? holder.get(key) : holder?.[key]);

function put(holder, key, value, op, path) {
  demand(holder instanceof Map || Array.isArray(holder), path);
  if (holder instanceof Map) holder.set(key, value);
  else if (op === "replace") holder[key] = value;
  else holder.splice(key === "-" ? holder.length : Number(key), 0, value);
}

function remove(holder, key) {
  if (!(holder instanceof Map)) return holder.splice(Number(key), 1);
  // As the host's objects do it: the last member takes the free place.
  const members = [...holder];
  const place = members.findIndex(([name]) => name === key);
  const last = members.pop();
  if (place < members.length) members[place] = last;
  holder.clear();
  for (const [name, value] of members) holder.set(name, value);
}

function copied(value) {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copied(item)]));
  return Array.isArray(value) ? value.map(copied) : value;
}

function demand(holds, path) {
  if (!holds) throw new Error(`the patch does not apply at ${path}`);
}

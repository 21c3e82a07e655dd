// What holds of the merge strategies and of every plan.

import assert from "node:assert/strict";
import { test } from "node:test";

import { instant } from "../src/instant.js";
import { parse } from "../src/json/index.js";
import { recursive, union } from "../src/merge.js";
import { between } from "../src/patch.js";
import { toResult } from "../src/plan.js";
import { oldest } from "../src/primary.js";

const numbered = (count, value) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, value(n)]));

test("only what changed is written, at its own place", () => {
  const before = { a: 1, b: { c: 1, d: [1] }, x: 0 };
  const after = { a: 1.0, b: { c: 1, d: [1, 2], "e~/": null } };
  assert.deepEqual(between(before, after), [
    { op: "remove", path: "/x" },
    { op: "replace", path: "/b/d", value: [1, 2] },
    { op: "add", path: "/b/e~0~1", value: null },
  ]);
});

test("a key with many changes is replaced whole", () => {
  assert.equal(between({ a: {} }, { a: numbered(16, (n) => n) }).length, 16);
  const after = numbered(17, (n) => n);
  assert.deepEqual(between({ a: {} }, { a: after }), [{ op: "replace", path: "/a", value: after }]);
});

test("many keys with a few changes each stay within the limit", () => {
  const [before, after] = [numbered(10_000, () => ({})), numbered(10_000, () => ({ a: 1, b: 2 }))];
  assert.equal(between(before, after).length, 10_000);
});

test("more changes than a patch may hold are an error", () => {
  const bag = numbered(10_001, (n) => n);
  assert.throws(() => toResult({}, bag, bag), RangeError);
});

test("every key is carried, equal or discarded", () => {
  const primary = { same: 1, conflict: "p", part: { a: 1 }, gone: 1 };
  const secondary = { same: 1.0, conflict: "s", part: { b: 2 }, "new/~": 1, gone: 1, "": 1 };
  const result = { same: 1, conflict: "p", part: { a: 1, b: 2 }, "new/~": 1 };
  assert.deepEqual(toResult(primary, secondary, result).discard, ["/conflict", "/gone", "/"]);
});

test("a key of the prototype is no key of the bag", () => {
  const secondary = { toString: 1, constructor: { a: 1 } };
  assert.deepEqual(recursive({}, secondary), secondary);
  assert.deepEqual(toResult({}, secondary, {}).discard, ["/toString", "/constructor"]);
  assert.deepEqual(
    between({}, secondary).map(({ op }) => op),
    ["add", "add"],
  );
});

test("nothing that was given is changed", () => {
  const freeze = (value) => (
    Object.values(value).forEach((inner) => typeof inner === "object" && freeze(inner)),
    Object.freeze(value)
  );
  const [ours, theirs] = [freeze({ a: { b: [1] }, c: 1 }), freeze({ a: { b: [2], d: 1 }, c: 2 })];
  assert.deepEqual(recursive(ours, theirs), { a: { b: [1, 2], d: 1 }, c: 1 });
  assert.deepEqual(recursive(ours, theirs, "primary"), { a: { b: [1], d: 1 }, c: 1 });
});

test("what a strategy answers can be changed at its first level, also where nothing was added", () => {
  const event = parse('{"a":{"b":[1]},"c":1}');
  const merged = recursive(event, event, "union");
  merged.c = 2;
  assert.equal(event.c, 1);
  assert.equal(merged.a, event.a, "what stays is not copied");
});

test("a union drops the duplicates of the primary too", () => {
  assert.deepEqual(recursive({ a: ["b", "b"] }, { a: ["c"] }, "union"), { a: ["b", "c"] });
});

test("an unknown way to join arrays is refused", () => {
  for (const name of ["zip", "toString", null]) assert.throws(() => recursive({}, {}, name), RangeError);
});

test("a union keeps each value where it occurs first", () => {
  assert.deepEqual(union(["b", 1, { x: 1, y: [2] }, "b"], ["a", 1.0, "1", { y: [2n], x: 1 }, null]), [
    "b",
    1,
    { x: 1, y: [2] },
    "a",
    "1",
    null,
  ]);
});

test("an instant is what RFC 3339 says, and nothing else", () => {
  assert.equal(instant("1970-01-01T00:00:01.5Z"), 1_500_000_000n);
  assert.equal(instant("2020-01-01T01:00:00+01:00"), instant("2019-12-31t23:30:00.000-00:30"));
  assert.equal(instant("0001-01-01T00:00:00Z") < 0n, true);
  assert.ok(instant("2024-02-29T23:59:59.000000002Z") > instant("2024-02-29T23:59:59.000000001Z"));
  for (const separator of "Tt _5\0") assert.equal(instant(`1970-01-01${separator}00:00:00Z`), 0n, separator);
  const leap = instant("2016-12-31T23:59:60Z");
  assert.equal(leap, instant("2017-01-01T00:00:00Z") - 1n);
  assert.equal(instant("2016-12-31T22:59:60.5-01:00"), leap);
  assert.equal(instant("2016-01-31T23:59:60z"), instant("2016-02-01T00:00:00Z") - 1n);
  const wrong = [
    "2016-12-30T23:59:60Z",
    "2016-12-31T22:59:60Z",
    "2016-12-31T23:59:61Z",
    "2024-01-01\u00e900:00:00Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00Z\n",
    "yesterday",
    "2023-02-29T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-01-01",
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:00:00",
    "2024-1-1T00:00:00Z",
    "",
    null,
    undefined,
    0,
  ];
  for (const text of wrong) assert.equal(instant(text), undefined, String(text));
});

test("of two accounts of one instant the user_id decides, by code points", () => {
  const at = (user_id) => ({ user_id, created_at: "2020-01-01T00:00:00Z" });
  assert.equal(oldest(at("auth0|m"), at("auth0|a")), "found");
  assert.equal(oldest(at("auth0|a"), at("auth0|aa")), "current");
  assert.equal(oldest(at("auth0|aa"), at("auth0|a")), "found");
  assert.equal(oldest(at("auth0|\u{1f980}"), at("auth0|\uff01")), "found", "UTF-16 units would say otherwise");
  assert.equal(oldest(at("auth0|a"), at("auth0|a")), "current");
});

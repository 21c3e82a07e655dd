// Time and chance by the event.

import assert from "node:assert/strict";
import { test } from "node:test";

import { virtualDate } from "../src/virtual/date.js";
import { begin, state, time } from "../src/virtual/moment.js";
import { random } from "../src/virtual/random.js";

const event = (seed) => ({ now: "2026-02-03T04:05:06Z", seed });

test("before an event there is neither time nor chance", () => {
  assert.throws(time, /inside its hooks only/);
  assert.throws(random, /inside its hooks only/);
});

test("chance is xoshiro128**: the published first numbers", () => {
  begin(event("0".repeat(32)));
  state().splice(0, 4, 1, 2, 3, 4);
  const numbers = Array.from({ length: 4 }, () => random() * 2 ** 32);
  assert.deepEqual(numbers, [11520, 0, 5927040, 70819200]);
});

test("each seed has its own numbers, and always the same", () => {
  const drawn = (seed) => {
    begin(event(seed));
    return Array.from({ length: 100 }, random);
  };
  const seeds = ["0".repeat(32), "f".repeat(32), "0123456789abcdef".repeat(2), `1${"0".repeat(31)}`];
  const all = seeds.map((seed) => drawn(seed).join());
  assert.equal(new Set(all).size, seeds.length);
  assert.deepEqual(
    seeds.map((seed) => drawn(seed).join()),
    all,
  );
  assert.ok(seeds.every((seed) => drawn(seed).every((number) => number >= 0 && number < 1)));
});

test("Date is the engine's, but for the present", () => {
  const Native = Date;
  const Virtual = virtualDate(Native);
  try {
    begin(event("0".repeat(32)));
    assert.equal(new Virtual().toISOString(), "2026-02-03T04:05:06.000Z");
    assert.equal(Virtual.now(), Native.UTC(2026, 1, 3, 4, 5, 6));
    assert.equal(Virtual(), new Native(Virtual.now()).toString());
    assert.equal(new Virtual(0).getTime(), 0);
    assert.equal(new Virtual(2020, 1).getMonth(), 1);
    assert.equal(Virtual.parse("1970-01-01T00:00:01Z"), 1000);
    assert.ok(new Virtual() instanceof Virtual && new Native(0) instanceof Virtual);
    class Mine extends Virtual {}
    assert.ok(new Mine() instanceof Mine);
    assert.deepEqual([Virtual.name, Virtual.length, new Virtual().constructor], [Native.name, Native.length, Virtual]);
  } finally {
    Native.prototype.constructor = Native;
  }
});

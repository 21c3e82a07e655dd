// JSON in and out: nothing lost, nothing that JSON cannot say.

import assert from "node:assert/strict";
import { test } from "node:test";

import { canonical, equal } from "../src/json/equal.js";
import { plain } from "../src/json/plain.js";
import { parse } from "../src/json/read.js";
import { stringify } from "../src/json/write.js";

test("a large integer is a BigInt, every other number a double", () => {
  const text =
    "[9007199254740991,9007199254740992,-9007199254740993,18446744073709551615,18446744073709551616,1e300,0.1,-0]";
  assert.deepEqual(parse(text), [
    9007199254740991,
    9007199254740992n,
    -9007199254740993n,
    18446744073709551615n,
    18446744073709551616,
    1e300,
    0.1,
    -0,
  ]);
});

test("the exact reading reads all of JSON as the engine does", () => {
  const texts = [
    String.raw`{"a\"\\":"\\\"","\u00e9":"\ud83e\udd80 \u0000","":[],"n":{ } , "__proto__" : {"x":[ null,true , false]}}`,
    `[ "\\\\", "a\\\\\\"b" , -1.5e-3, 2E+4, [[[]]], {"constructor":{"__proto__":1}} ]`,
    `\t{"0":1,"length":2,"b":"}],{"}\r\n`,
  ];
  for (const text of texts) {
    const exact = parse(`[1234567890123456,${text}]`);
    assert.deepEqual(exact[1], JSON.parse(text));
    assert.equal(JSON.stringify(exact[1]), JSON.stringify(JSON.parse(text)));
  }
});

test("text that is not JSON is a SyntaxError, short or long", () => {
  for (const text of ["", "{", "[1,]", "nul", '{"a":1234567890123456', "01234567890123456"])
    assert.throws(() => parse(text), SyntaxError);
});

test("what is read is frozen at every depth", () => {
  const value = parse('{"a":[{"b":1}]}');
  assert.throws(() => value.a[0].b++, TypeError);
  assert.throws(() => value.a.push(1), TypeError);
});

test("what is written is read as the same values", () => {
  for (const text of [
    "[18446744073709551615,1.5]",
    '{"a":{"b":-9223372036854775808}}',
    '{"__proto__":9007199254740993}',
    '["1234567890123456"]',
  ]) {
    assert.equal(stringify(parse(text)), text);
  }
});

test("a double beyond the integers is written as one: 2^63 is no integer of fewer digits", () => {
  assert.equal(stringify([2 ** 63, -(2 ** 53), 1e21, 0.1]), "[9.223372036854776e+18,-9.007199254740992e+15,1e+21,0.1]");
});

test("values are equal by what they are worth", () => {
  const same = [
    [1, 1.0],
    [0, -0],
    [2n ** 53n, 2 ** 53],
    [
      { a: 1, b: [2n ** 60n] },
      { b: [2 ** 60], a: 1 },
    ],
  ];
  for (const [one, other] of same) {
    assert.ok(equal(one, other));
    assert.equal(canonical(one), canonical(other));
  }
  const different = [
    [1, "1"],
    [2n ** 53n + 1n, 2 ** 53],
    [null, {}],
    [[], {}],
    [[1], [1, 2]],
    [{ a: 1 }, { b: 1 }],
    [{}, JSON.parse('{"__proto__":1}')],
    [1n, "1"],
    [true, 1],
    [0.1, 0.2],
  ];
  for (const [one, other] of different) {
    assert.ok(!equal(one, other) && !equal(other, one));
    assert.notEqual(canonical(one), canonical(other));
  }
});

test("plain values are copied", () => {
  const given = { a: [1, { b: null }], big: 2n ** 64n - 1n, ["__proto__"]: 1 };
  Object.defineProperty(given, "__proto__", { value: { x: 1 }, enumerable: true });
  const copied = plain(given, ["user_metadata", "k"]);
  assert.deepEqual(copied, given);
  given.a[1].b = 1;
  assert.equal(copied.a[1].b, null);
  assert.deepEqual(Object.keys(copied), ["a", "big", "__proto__"]);
  assert.deepEqual(plain(Object.assign(Object.create(null), { a: 1 }), ["k"]), { a: 1 });
});

test("what JSON cannot say is refused by its place, and its value is not told", () => {
  const cyclic = {};
  cyclic.again = { and: cyclic };
  const deep = (levels) => (levels === 0 ? 1 : [deep(levels - 1)]);
  const wrong = [
    [{ a: undefined }, "k/a is undefined"],
    [[1, , 3], "k/1 is undefined"],
    [{ a: () => 1 }, "k/a is a function"],
    [Symbol("secret"), "k is a symbol"],
    [{ a: [NaN] }, "k/a/0 is NaN"],
    [-Infinity, "k is -Infinity"],
    [2n ** 64n, "k is a BigInt beyond 64 bits"],
    ["secret\ud800", "k holds a text with a lone surrogate"],
    [{ "\udc00": 1 }, "k/\ufffd holds a key with a lone surrogate"],
    [new Date(0), "k is an object of the class Date"],
    [{ a: new Map() }, "k/a is an object of the class Map"],
    [new (class Mine {})(), "k is an object of the class Mine"],
    [cyclic, "or holds itself"],
    [deep(101), "nested deeper than 100 levels"],
  ];
  for (const [value, told] of wrong) {
    assert.throws(
      () => plain(value, ["k"]),
      (error) => error instanceof TypeError && error.message.includes(told) && !error.message.includes("secret"),
      told,
    );
  }
  plain(deep(100), ["k"]);
});

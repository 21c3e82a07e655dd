// The library's promises beside the engine's: the same programs, the same order of events.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VirtualPromise, enqueue, settled } from "../src/virtual/promise.js";

/** Each gets a Promise, somewhere to say what happens, and a queueMicrotask; what it answers is awaited, and what it yields. */
const programs = {
  "reactions run after the code that asks": (P, say) => {
    const p = P.resolve(1).then((value) => say("then", value));
    say("after");
    return p;
  },
  "two chains take turns": (P, say) => {
    const chain = (name) => [1, 2, 3].reduce((p, n) => p.then(() => say(name, n)), P.resolve());
    return P.all([chain("a"), chain("b")]);
  },
  "a promise that resolves to a promise takes two turns more": (P, say) => {
    const ticks = [1, 2, 3, 4].reduce((p, n) => p.then(() => say("tick", n)), P.resolve());
    const inner = new P((resolve) => resolve(P.resolve("inner"))).then((value) => say(value));
    return P.all([ticks, inner]);
  },
  "a thenable is called in a turn of its own": (P, say) => {
    const thenable = { then: (resolve) => (say("called"), resolve("x"), resolve("y")) };
    const p = P.resolve(thenable).then((value) => say("got", value));
    say("sync");
    return p;
  },
  "a thenable that throws after it resolved": (P, say) =>
    P.resolve({
      then(resolve) {
        resolve(1);
        throw new Error("late");
      },
    }).then((value) => say(value)),
  "a then that cannot be read": (P, say) =>
    new P((resolve) =>
      resolve({
        get then() {
          throw new Error("unreadable");
        },
      }),
    ).catch((error) => say(error.message)),
  "rejections pass by what does not handle them": (P, say) =>
    P.reject(new Error("no"))
      .then(() => say("never"))
      .finally(() => say("finally"))
      .catch((error) => say(error.message))
      .then((value) => say("after", value)),
  "finally keeps the value, waits, and can fail": (P, say) =>
    P.resolve(1)
      .finally(() => P.resolve(2))
      .then((value) => say(value))
      .finally(() => P.reject("f"))
      .catch((reason) => say(reason)),
  "an executor that throws rejects": (P, say) =>
    new P(() => {
      throw new Error("thrown");
    }).catch((error) => say(error.message)),
  "a promise cannot wait for itself": (P, say) => {
    const { promise, resolve } = withResolvers(P);
    resolve(promise);
    return promise.catch((error) => say(error instanceof TypeError));
  },
  *"all keeps the order of its values"(P, say) {
    const late = P.resolve().then(() => P.resolve("late"));
    say(JSON.stringify(yield P.all([late, "now", P.resolve(2)])));
    say(JSON.stringify(yield P.all([])));
    yield P.all([P.reject("first"), P.reject("second")]).catch((reason) => say(reason));
  },
  *"allSettled tells both kinds"(P, say) {
    say(JSON.stringify(yield P.allSettled([1, P.reject("no")])));
  },
  *"any takes the first that succeeds"(P, say) {
    say(yield P.any([P.reject(1), P.resolve(2), 3]));
    yield P.any([P.reject(1), P.reject(2)]).catch((error) => say(error instanceof AggregateError, error.errors.join()));
  },
  *"race takes the first of all"(P, say) {
    say(yield P.race([new P(() => {}), P.resolve("quick")]));
    yield P.race([P.reject("lost"), 1]).catch((reason) => say(reason));
  },
  "microtasks and promises share a queue": (P, say, microtask) => {
    microtask(() => say("one"));
    const p = P.resolve().then(() => say("two"));
    microtask(() => say("three"));
    return p.then(() => say("four"));
  },
  "a subclass stays one": (P, say) => {
    class Mine extends P {}
    const p = Mine.resolve(1).then((value) => value);
    say(p instanceof Mine, p instanceof P, Mine.all([]) instanceof Mine);
    return p;
  },
  "its kind has a name": (P, say) => say(Object.prototype.toString.call(P.resolve())),
};

function withResolvers(P) {
  const parts = {};
  parts.promise = new P((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

/** A generator for an `async` function, as the build leaves it. */
const driven = (P, generator) =>
  new P((resolve, reject) => {
    const step = (method, value) => {
      try {
        const { done, value: next } = generator[method](value);
        if (done) resolve(next);
        else
          P.resolve(next).then(
            (result) => step("next", result),
            (reason) => step("throw", reason),
          );
      } catch (error) {
        reject(error);
      }
    };
    step("next");
  });

function run(program, P, microtask) {
  const log = [];
  const answer = program(P, (...values) => void log.push(values.join(" ")), microtask);
  return { log, promise: typeof answer?.next === "function" ? driven(P, answer) : answer };
}

for (const [name, program] of Object.entries(programs)) {
  test(name, async () => {
    const [ours, native] = [run(program, VirtualPromise, enqueue), run(program, Promise, queueMicrotask)];
    settled(ours.promise);
    await native.promise;
    assert.deepEqual(ours.log, native.log);
    assert.notEqual(ours.log.length, 0);
  });
}

test("what a promise comes to is told", () => {
  assert.equal(settled(1), 1);
  assert.equal(settled(VirtualPromise.resolve().then(() => 2)), 2);
  assert.throws(() => settled(VirtualPromise.reject(new RangeError("r"))), RangeError);
});

test("what never settles is an error", () => {
  assert.throws(() => settled(new VirtualPromise(() => {})), /never settles/);
  assert.throws(() => settled(Promise.resolve(1)), /never settles/, "the engine's own promises are not run");
});

test("a rejection that nothing awaits is an error, unless something does in the end", () => {
  assert.throws(
    () => settled(void VirtualPromise.reject(new Error("floating"))),
    (error) => error.cause.message === "floating",
  );
  const late = VirtualPromise.reject(new Error("late"));
  settled(VirtualPromise.resolve().then(() => late.catch(() => {})));
});

test("a long chain needs no deep stack", () => {
  let p = VirtualPromise.resolve(0);
  for (let n = 0; n < 100_000; n += 1) p = p.then((value) => value + 1);
  assert.equal(settled(p), 100_000);
});

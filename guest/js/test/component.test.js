// What a built component answers, run by the program that the environment names: CONJOIN=../../target/debug/conjoin npm test
// The Rust test `guests` sets it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Case } from "../src/cases/index.js";
import { parse, stringify } from "../src/json/index.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const JOINED = new URL("../../../policies/joined/cases/", import.meta.url);
const { CONJOIN } = process.env;
if (CONJOIN === undefined) throw new Error("CONJOIN does not name the program: CONJOIN=../../target/debug/conjoin npm test");

const accounts = {
  primary: {
    email: "ada@example.com",
    name: "Ada",
    user_metadata: { tags: ["a"] },
    app_metadata: { secret: "hidden" },
  },
  secondary: {
    user_id: "google-oauth2|1",
    email: null,
    user_metadata: { tags: ["b", "a"], only: 1, values: [2, 2, 3, 4, 5, 6, 7, 8], late: true, then: true, k: 1 },
    app_metadata: { id: "@id@", "@proto@": { x: 1 } },
  },
};
const found = [
  { user_id: "auth0|old", created_at: "2019-01-01T00:00:00Z" },
  { user_id: "google-oauth2|new", created_at: "2025-01-01T00:00:00Z", is_social: true },
];

/** `@id@` and `@proto@` stand for what JSON can say and this file cannot. */
const line = (name, hook = "merge") => {
  const input = hook === "merge" ? accounts : { current: {}, found };
  const event = { settings: { do: name }, seed: "0123456789abcdef0123456789abcdef", now: "2026-02-03T04:05:06Z" };
  return JSON.stringify({ hook, event, ...input })
    .replace('"@id@"', "9007199254740993")
    .replace("@proto@", "__proto__");
};

let folder;
before(async () => (folder = await mkdtemp(join(tmpdir(), "conjoin-guest-"))));
after(() => rm(folder, { recursive: true }));

/** Builds each policy once; answers the component's path. */
const built = {};
function component(entry) {
  const out = join(folder, `${basename(dirname(entry))}.wasm`);
  built[entry] ??= run(process.execPath, [here("../build/cli.js"), here(entry), "--out", out]);
  return built[entry].then(() => out);
}

function run(file, values, input = "") {
  return new Promise((resolve, reject) => {
    const child = execFile(file, values, { maxBuffer: 1 << 26, timeout: 120_000 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin.end(input);
  });
}

/** What a policy's component answers, one answer a line. */
async function answers(lines, entry = "component/behaviours.js") {
  const output = await run(CONJOIN, ["policy", "run", await component(entry)], lines.join("\n"));
  return output
    .trim()
    .split("\n")
    .map((text) => parse(text));
}

const broken = (text) => (answer) => {
  assert.equal(answer.ended, "broken");
  assert.match(answer.detail, text);
  assert.doesNotMatch(answer.detail, /hidden/, "no metadata in the log");
};
const ended = (name) => (answer) => assert.equal(answer.ended, name, stringify(answer));
const refused = (code) => (answer) => assert.equal(answer.refused?.code, code, stringify(answer));
const writes = (key, value) => (answer) =>
  assert.deepEqual(answer.result?.user_metadata[key], value, stringify(answer));
const logs =
  (...lines) =>
  (answer) =>
    assert.deepEqual(
      answer.log?.map(({ level, message }) => `${level} ${message}`),
      lines,
    );

const merges = {
  nothing: (answer) => {
    const { discard_user_metadata, discard_app_metadata, ...patches } = answer.plan;
    assert.deepEqual([discard_user_metadata, discard_app_metadata], [["/tags"], []]);
    assert.deepEqual(answer.result.user_metadata, {
      ...accounts.secondary.user_metadata,
      ...accounts.primary.user_metadata,
    });
    assert.ok([...patches.user_metadata, ...patches.app_metadata].every(({ op }) => op === "add"));
  },

  "awaits to the end": writes("values", [2, 2, 3, 4, 5, 6, 7, 8]),
  "works on without being awaited": writes("late", true),
  "answers a thenable": writes("then", true),
  "never settles": broken(/never settles/),
  "waits for the engine's own promise": broken(/never settles/),
  "waits for the world": broken(/ReferenceError: .*setTimeout/),

  "throws an error": broken(/TypeError: [^]*throws an error/),
  "throws behind an await": broken(/RangeError: out of range\n[^]*caused by TypeError: the reason/),
  rejects: broken(/SyntaxError: rejected/),
  "forgets a rejection": broken(/nothing awaits it[^]*caused by Error: forgotten/),
  "throws a text": broken(/thrown: a text/),
  "throws null": broken(/thrown: null/),
  "throws an account": broken(/thrown: an object that is no Error/),
  "throws what cannot be looked at": broken(/cannot be described/),
  "throws a failure of the contract": broken(/thrown: an object that is no Error/),
  "throws a lone surrogate": broken(/Error: \ufffd/),
  "throws a long text": (answer) => {
    broken(/xxx/)(answer);
    assert.ok(answer.detail.length < 5000);
  },

  "returns the result": broken(/a hook answers through `api`/),
  "returns a promise of a result": broken(/a hook answers through `api`/),
  "writes undefined": broken(/user_metadata\/k is undefined/),
  "writes a function": broken(/user_metadata\/k\/f is a function/),
  "writes NaN": broken(/user_metadata\/k\/0 is NaN/),
  "writes a cycle": broken(/holds itself/),
  "writes a lone surrogate": broken(/user_metadata\/k holds a text with a lone surrogate/),
  "writes a key with a lone surrogate": broken(/a key of user_metadata holds a lone surrogate/),
  "writes a key that is none": broken(/a key of user_metadata is a string/),
  "writes too large a BigInt": broken(/user_metadata\/k is a BigInt beyond 64 bits/),
  "writes a bag that is none": broken(/app_metadata is an object/),
  "writes into the event": broken(/TypeError/),
  "writes what nobody has": ended("not-allowed"),
  "drops a key of the primary": ended("not-allowed"),
  "denies without a code": broken(/the code is 1 to 64 of/),
  "denies in ill-formed text": broken(/the message is a text/),

  denies: (answer) => assert.deepEqual(answer.refused, { code: "apart", message: "These accounts must stay apart." }),
  "denies twice": refused("first"),
  "denies and throws": broken(/after the no/),
  "carries, replaces and discards": (answer) => {
    writes("tags", ["a", "b"])(answer);
    writes("only", undefined)(answer);
    assert.deepEqual(answer.plan.discard_user_metadata, ["/only"]);
    assert.deepEqual(Object.getOwnPropertyDescriptor(answer.result.app_metadata, "__proto__")?.value, { x: 1 });
  },
  "sets what it may change later": writes("tags", ["b", "a"]),
  "counts in exact numbers": (answer) => assert.equal(answer.plan?.discard_app_metadata.length, 0, stringify(answer)),

  "looks around": logs(
    "info 2026-02-03T04:05:06.000Z true 0 string 1577836800000",
    "info true true [object Date]",
    "info 0.11733430437743664,0.5170874784234911,0.6027078223414719",
    'warn warned {"a":["1n"]} null undefined Symbol(s) RangeError: r \ufffd',
    "error 0",
    "debug true",
  ),
  "looks at the event": (answer) => {
    const [first, second] = answer.log.map(({ message }) => message);
    assert.deepEqual(JSON.parse(first), {
      transaction: { id: "case" },
      tenant: { id: "case" },
      client: { client_id: "case" },
      organization: null,
      now: "2026-02-03T04:05:06Z",
      seed: "0123456789abcdef0123456789abcdef",
      settings: { do: "looks at the event" },
      context: {},
    });
    assert.match(
      second,
      /"name":"Ada","user_id":"auth0\|primary","email":"ada@example.com".*"user_metadata":\{"tags":\["a"\]\}.* true user_id/,
    );
  },

  loops: ended("budget-exceeded"),
  "loops in promises": ended("budget-exceeded"),
  "takes all memory": ended("memory-exceeded"),
  recurses: ended("trapped"),
};

const selections = {
  "offers the youngest first": (answer) =>
    assert.deepEqual(answer.suggestions, [
      { user_id: "google-oauth2|new", primary: "current", reason: "" },
      { user_id: "auth0|old", primary: "found", reason: "" },
    ]),
  "offers nothing": (answer) => assert.deepEqual(answer.suggestions, []),
  "offers a stranger": broken(/the candidate is none of event.found/),
  "offers one twice": ended("not-allowed"),
  "prefers nonsense": broken(/primary is current or found/),
  "explains in free text": broken(/the reason is the code of a declared one/),
  denies: refused("never"),
  "looks for what is not shown": broken(/TypeError/),
};

for (const [hook, expectations] of Object.entries({ merge: merges, "select-candidates": selections })) {
  test(`${hook}: every behaviour comes to what it must`, async (suite) => {
    const names = Object.keys(expectations);
    const all = await answers(names.map((name) => line(name, hook)));
    assert.equal(all.length, names.length);
    for (const [index, name] of names.entries()) await suite.test(name, () => expectations[name](all[index]));
  });
}

test("the same question has the same answer, at the same cost", async () => {
  const [one, other] = await answers([line("looks around"), line("looks around")]);
  assert.ok(one.fuel > 0);
  assert.deepEqual([one.fuel, one.log], [other.fuel, other.log]);
});

test("a component of this library meets every case of the Rust policy joined", async (suite) => {
  const files = await readdir(JOINED);
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, JOINED), "utf8")));
  const all = await answers(
    texts.map((text) => text.replaceAll("\n", " ")),
    "joined/policy.js",
  );
  assert.ok(all.length > 30 && all.length === files.length);
  for (const [index, file] of files.entries())
    await suite.test(file, () => new Case(file, texts[index]).checkAnswer(all[index]));
});

// conjoin-build as a script calls it: exit codes, messages, files.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

let folder;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "conjoin-build-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const MANIFEST = { name: "@acme/tried", version: "1.2.3", description: "Tried.", main: "policy.js" };
const MERGE = "exports.onExecuteMerge = async (event, api) => { await null; };";

/** Ends for certain, and says so. */
const run = (file, values, cwd) => spawnSync(file, values, { cwd, encoding: "utf8", timeout: 120_000 });

/** Writes files and builds in their folder. */
function build(files, ...values) {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return run(process.execPath, [here("../build/cli.js"), ...values], folder);
}

test("the package's main module becomes policy.wasm", () => {
  const { status, stdout, stderr } = build({ "package.json": MANIFEST, "policy.js": MERGE });
  assert.deepEqual([status, stderr], [0, ""]);
  assert.deepEqual(readdirSync(folder).sort(), ["package.json", "policy.js", "policy.wasm"]);
  const component = readFileSync(join(folder, "policy.wasm"));
  assert.equal(stdout, `policy.wasm: ${component.length} bytes\n`);
  assert.equal(component.subarray(0, 8).toString("hex"), "0061736d0d000100");
});

test("a policy in TypeScript is built, and its bundle shown", () => {
  const [out, bundle] = [join(folder, "typed.wasm"), join(folder, "typed.js")];
  const { status, stderr } = build({}, here("types/policy.ts"), "--out", out, "--bundle", bundle);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.ok(existsSync(out));
  const text = readFileSync(bundle, "utf8");
  assert.doesNotMatch(text, /\basync\b|\bawait\b/);
  assert.ok(!text.includes(here("..")), "the folders of this machine stay here");
});

const refusals = {
  "a module of Node": [
    { "policy.js": `const { readFileSync } = require("node:fs"); ${MERGE}` },
    /Could not resolve 'node:fs'[^]*arguments alone/,
  ],
  "a package that is not installed": [
    { "policy.js": `import "no-such-package"; export const onExecuteMerge = () => {};` },
    /no-such-package/,
  ],
  "a syntax error": [{ "policy.js": "exports.onExecuteMerge = (" }, /policy\.js/],
  "no hook": [{ "policy.js": "exports.onExecutePostLogin = () => {};" }, /exports no onExecuteMerge/],
  "a hook that is no function": [
    { "policy.js": `${MERGE} exports.onExecuteSelectCandidates = {};` },
    /onExecuteSelectCandidates is no function/,
  ],
  "an exception while it is loaded": [{ "policy.js": "null.x;" }, /cannot be loaded/],
  "a look at the clock while it is loaded": [
    { "policy.js": `exports.at = Date.now(); ${MERGE}` },
    /inside its hooks only/,
  ],
  "await outside of a function": [
    { "policy.js": "const x = await 1; export const onExecuteMerge = () => x;" },
    /await outside of a function[^]*await 1/,
  ],
  "a description with a misspelt key": [
    { "policy.js": `exports.description = { settings: {} }; ${MERGE}` },
    /description has no key settings/,
  ],
  "a reason without English": [
    { "policy.js": `exports.description = { reasons: { a: { de: "x" } } }; ${MERGE}` },
    /needs a text under en/,
  ],
  "no summary anywhere": [
    { "package.json": { ...MANIFEST, description: undefined }, "policy.js": MERGE },
    /description in package\.json/,
  ],
  "a name that is none": [{ "package.json": { ...MANIFEST, name: "No_Name" }, "policy.js": MERGE }, /1 to 64 of a-z/],
  "no main": [{ "package.json": { ...MANIFEST, main: undefined } }, /no "main"/],
  "a main that is not there": [{}, /there is no .*policy\.js/],
  "a package.json that is none": [{ "package.json": "{" }, /cannot read .*package\.json/],
};

for (const [what, [files, told]] of Object.entries(refusals)) {
  test(`exit 1: ${what}`, () => {
    const { status, stderr } = build({ "package.json": MANIFEST, ...files });
    assert.equal(status, 1, stderr);
    assert.match(stderr, told);
    assert.match(stderr, /^conjoin-build: /);
    assert.doesNotMatch(stderr, /node:internal/, "a message, no crash");
    assert.ok(!existsSync(join(folder, "policy.wasm")));
  });
}

test("exit 1: a folder that cannot be written to", () => {
  const { status, stderr } = build({ "package.json": MANIFEST, "policy.js": MERGE }, "--out", "none/policy.wasm");
  assert.equal(status, 1);
  assert.match(stderr, /cannot write none\/policy\.wasm/);
});

test("exit 1: what cannot be replaced leaves nothing half written", () => {
  mkdirSync(join(folder, "policy.wasm"));
  const { status, stderr } = build({ "package.json": MANIFEST, "policy.js": MERGE });
  assert.equal(status, 1);
  assert.match(stderr, /cannot write policy\.wasm/);
  assert.deepEqual(readdirSync(folder).sort(), ["package.json", "policy.js", "policy.wasm"]);
});

test("exit 2: arguments that there are not", () => {
  for (const values of [["--wat"], ["a.js", "b.js"], ["--out"]]) {
    const { status, stderr } = build({}, ...values);
    assert.equal(status, 2);
    assert.match(stderr, /usage: conjoin-build/);
  }
});

test("what a component consists of is not published without the contract", () => {
  const packed = run("npm", ["pack", "--dry-run", "--json"], here(".."));
  const [{ files }] = JSON.parse(packed.stdout);
  const paths = files.map(({ path }) => path);
  const needed = ["wit/policy.wit", "index.d.ts", "cases.d.ts", "src/component.js", "build/cli.js", "README.md", "LICENSE"];
  for (const path of needed) assert.ok(paths.includes(path), path);
  assert.ok(!paths.some((path) => path.startsWith("test/")));
});

test("an installed library builds by its own contract, whatever lies in the wit of the author's project", () => {
  const library = join(folder, "node_modules", "conjoin-guest");
  mkdirSync(library, { recursive: true });
  const packed = run("npm", ["pack", "--json", "--pack-destination", folder], here(".."));
  const [{ filename }] = JSON.parse(packed.stdout);
  assert.equal(run("tar", ["xf", filename, "-C", library, "--strip-components", "1"], folder).status, 0);
  symlinkSync(here("../node_modules"), join(library, "node_modules"));
  mkdirSync(join(folder, "wit"));
  writeFileSync(join(folder, "wit", "policy.wit"), "package acme:shop@1.0.0;\n\nworld policy {}\n");
  writeFileSync(join(folder, "policy.js"), MERGE);
  writeFileSync(join(folder, "package.json"), JSON.stringify(MANIFEST));
  const { status, stderr } = run(process.execPath, [join(library, "build", "cli.js")], folder);
  assert.deepEqual([status, stderr], [0, ""]);
  const component = readFileSync(join(folder, "policy.wasm"));
  assert.ok(component.includes("conjoin:policy/hooks@1.0.0"), "the contract's interface");
});

// What a case may say. The format is the same for every language; guest/cases/src/lib.rs describes it.

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { Case, cases } from "../src/cases/index.js";

const POLICIES = new URL("../../../policies/", import.meta.url);

const refusal = (refused) =>
  new Case("refusal", JSON.stringify({ hook: "merge", primary: {}, secondary: {}, expect: { refused } }));
const denies = (code, message) => ({ onExecuteMerge: (event, api) => api.access.deny(code, message) });

test("every case of every policy can be read", async (suite) => {
  const folders = readdirSync(POLICIES)
    .map((name) => new URL(`${name}/cases/`, POLICIES))
    .filter((folder) => existsSync(folder));
  assert.ok(folders.length >= 6);
  for (const folder of folders) {
    await suite.test(folder.pathname.split("/").at(-3), async () => assert.ok((await cases(folder)).length > 0));
  }
});

test("a message counts only where it is named", async () => {
  for (const expected of [{ code: "no" }, { code: "no", message: null }, { code: "no", message: "No." }]) {
    await refusal(expected).check(denies("no", "No."));
    refusal(expected).checkAnswer({ refused: { code: "no", message: "No." } });
  }
  await refusal({ code: "no" }).check(denies("no", "Never."));
  await assert.rejects(refusal({ code: "no", message: "No." }).check(denies("no", "Never.")), /expected.*No\..*got.*Never\./);
  await assert.rejects(refusal({ code: "no" }).check(denies("never", "No.")), /expected.*no.*got.*never/);
  assert.throws(() => refusal({ code: "no", message: "No." }).checkAnswer({ refused: { code: "no", message: "" } }));
});

test("a refusal that says too little or too much is an error", () => {
  for (const [refused, named] of [
    [{}, /code/],
    [{ code: 1 }, /code/],
    [{ code: "no", message: 1 }, /message/],
    [{ code: "no", text: "No." }, /text/],
    ["no", /refused/],
  ]) {
    assert.throws(() => refusal(refused), named);
  }
});

test("a list is no object", () => {
  for (const given of [
    { event: [] },
    { primary: [] },
    { primary: { identities: [[]] } },
    { expect: [] },
    { expect: { result: [] } },
    { expect: { refused: ["no", null] } },
    { hook: "select-candidates", found: [[]] },
    { hook: "select-candidates", expect: { suggestions: [[]] } },
  ]) {
    const accounts = given.hook === undefined ? { primary: {}, secondary: {} } : { current: {}, found: [] };
    const text = JSON.stringify({ hook: "merge", ...accounts, ...given });
    assert.throws(() => new Case("list", text), /is an object/, text);
  }
});

test("settings can be null, as if they were left out", async () => {
  const text = '{"hook":"merge","event":{"settings":null},"primary":{},"secondary":{},"expect":{"ended":"broken"}}';
  const policy = {
    onExecuteMerge({ settings }) {
      assert.deepEqual(settings, {});
      throw new Error("as the case demands");
    },
  };
  await new Case("null", text).check(policy);
});

// The cases beside this policy, in this process, where a debugger works. `conjoin policy test` runs them on the component.

const { test } = require("node:test");

const policy = require("../policy.js");
const manifest = require("../package.json");

test("every case is met", async (suite) => {
  const { cases } = await import("conjoin-guest/cases");
  for (const it of await cases(`${__dirname}/../cases`)) await suite.test(it.name, () => it.check(policy, manifest));
});

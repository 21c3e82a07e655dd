import { test } from "node:test";

import { cases } from "../src/cases/index.js";
import * as joined from "./joined/policy.js";

for (const it of await cases(new URL("../../../policies/joined/cases", import.meta.url))) {
  test(`joined: ${it.name}`, () => it.check(joined));
}

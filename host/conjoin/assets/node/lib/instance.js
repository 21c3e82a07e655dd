// A fresh instance of the policy for every call: nothing that one leaves behind reaches the next, and a trap ends an instance for good.

import { readFileSync } from "node:fs";

import { modules } from "../policy/component.js";
import { instantiate } from "../policy/policy.js";
import { PolicyEnded, ending } from "./ending.js";
import { Log } from "./log.js";
import { NONE } from "./setting.js";
import { wasi } from "./wasi.js";

/** Compiled once: that takes far longer than an instance. */
const compiled = new Map(modules.map((name) => [name, compile(name)]));

function compile(name) {
  try {
    return new WebAssembly.Module(readFileSync(new URL(`../policy/${name}`, import.meta.url)));
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    const remedy = "use Node.js 22 or later, or Node.js 20 with --experimental-wasm-extended-const";
    throw new Error(`this Node.js cannot compile the policy; ${remedy}`, { cause: error });
  }
}

/** The contract's `description`. */
export const describe = () => call(NONE, (hooks) => hooks.describe()).answer;

/** What `ask` gets from the policy's hooks, and what the policy said in it: `{ answer, log }`. Throws a PolicyEnded. */
export function call({ seconds, seed }, ask) {
  const log = new Log();
  try {
    const imports = { ...wasi({ seconds, seed, log }), "conjoin:policy/host": { log: (level, text) => log.entry(level, text) } };
    const { hooks } = instantiate((name) => compiled.get(name), imports);
    return { answer: ask(hooks), log: log.finish() };
  } catch (thrown) {
    throw new PolicyEnded(ending(thrown), log.finish());
  }
}

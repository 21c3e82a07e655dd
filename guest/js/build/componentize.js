// One JavaScript module to a component of the contract's world.

import { componentize as quickjs } from "componentize-qjs";

import { contract } from "./contract.js";
import { BuildError } from "./error.js";

/**
 * Answers the component's bytes. The module is evaluated here, once; every call begins from what that left.
 *
 * Throws a BuildError with what the module threw.
 */
export async function componentize(code) {
  try {
    const { component } = await quickjs({
      witPath: contract(),
      world: "policy",
      jsSource: code,
      // The host has no promises to offer, and nothing of WASI that QuickJS would ask for.
      sync: true,
      stubWasi: true,
    });
    return component;
  } catch (error) {
    throw new BuildError(`the policy's module cannot be loaded: ${error.message.replace(/^.*module: /s, "")}`);
  }
}

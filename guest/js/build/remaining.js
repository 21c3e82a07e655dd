// What no bundler could turn into plain generators.

import { parseSync, Visitor } from "rolldown/utils";

import { BuildError } from "./error.js";

/** Throws a BuildError when the module still waits for the engine's own promises, whose jobs nobody runs. */
export function refuseAsync(code) {
  const found = [];
  const look = (node) => {
    if (node.async || node.await) found.push(node);
  };
  const visitor = new Visitor({
    AwaitExpression: (node) => found.push(node),
    ArrowFunctionExpression: look,
    ForOfStatement: look,
    FunctionDeclaration: look,
    FunctionExpression: look,
  });
  visitor.visit(parseSync("policy.js", code).program);
  if (found.length === 0) return;
  const lines = code.slice(0, found[0].start).split("\n");
  const line = code.split("\n")[lines.length - 1].trim();
  throw new BuildError(`await outside of a function cannot be part of a policy; move it into a hook: ${line}`);
}

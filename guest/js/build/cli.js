#!/usr/bin/env node
// conjoin-build: a policy's module, and all that it imports, to one component.

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { bundle } from "./bundle.js";
import { componentize } from "./componentize.js";
import { BuildError } from "./error.js";
import { findPackage } from "./package.js";

const USAGE = `usage: conjoin-build [ENTRY] [--out FILE] [--bundle FILE]

Builds the policy in ENTRY (JavaScript or TypeScript; by default what "main" of package.json names) into a WebAssembly component.

  --out FILE     where the component goes (policy.wasm)
  --bundle FILE  also writes the JavaScript that the component runs: the lines that its errors name

Exit codes: 0 built, 1 cannot be built, 2 wrong arguments.`;

/** Answers the exit code. */
async function main(values) {
  const options = read(values);
  if (options === undefined) return 2;
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  try {
    const { length } = await build(options);
    console.log(`${options.out}: ${length} bytes`);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`conjoin-build: ${error.message}`);
    return 1;
  }
}

function read(values) {
  const text = { type: "string" };
  try {
    const { values: options, positionals } = parseArgs({
      args: values,
      allowPositionals: true,
      options: { out: { ...text, default: "policy.wasm" }, bundle: text, help: { type: "boolean", short: "h" } },
    });
    if (positionals.length > 1) throw new TypeError("more than one ENTRY");
    return { ...options, entry: positionals[0] };
  } catch (error) {
    console.error(`conjoin-build: ${error.message}\n\n${USAGE}`);
    return undefined;
  }
}

/** The component's bytes, once they are written. */
async function build({ entry, out, bundle: bundleFile }) {
  const code = await bundle(await findPackage(entry, (path) => readFile(path, "utf8")));
  if (bundleFile !== undefined) await write(bundleFile, code);
  const component = await componentize(code);
  await write(out, component);
  return component;
}

/** Beside the file first: whoever watches it never reads half of one. */
async function write(path, content) {
  const part = `${path}.part`;
  try {
    await writeFile(part, content);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw new BuildError(`cannot write ${path}: ${error.message}`);
  }
}

process.exitCode = await main(process.argv.slice(2));

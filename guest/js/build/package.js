// Which module is the policy, and which package.json describes it.

import { dirname, join, resolve } from "node:path";

import { BuildError } from "./error.js";

/**
 * Answers `{entry, manifest}`: the module's absolute path and the nearest package.json, `{}` where there is none.
 *
 * Without an entry, the package.json of the current folder names it under `main`.
 */
export async function findPackage(entry, read) {
  if (entry !== undefined)
    return { entry: resolve(entry), manifest: (await nearest(dirname(resolve(entry)), read)) ?? {} };
  const manifest = await manifestIn(process.cwd(), read);
  if (manifest === undefined)
    throw new BuildError("there is no package.json here; name the policy's module: conjoin-build ENTRY");
  if (typeof manifest.main !== "string")
    throw new BuildError('package.json has no "main"; name the policy\'s module there, or: conjoin-build ENTRY');
  return { entry: resolve(manifest.main), manifest };
}

async function nearest(folder, read) {
  const manifest = await manifestIn(folder, read);
  const parent = dirname(folder);
  return manifest !== undefined || parent === folder ? manifest : nearest(parent, read);
}

async function manifestIn(folder, read) {
  const path = join(folder, "package.json");
  try {
    return JSON.parse(await read(path));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw new BuildError(`cannot read ${path}: ${error.message}`);
  }
}

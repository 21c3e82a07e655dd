// All modules of a policy as one, without `async`.

import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { rolldown } from "rolldown";

import { BuildError } from "./error.js";
import { entryModule } from "./entry.js";
import { refuseAsync } from "./remaining.js";
import { withoutAsync } from "./without-async.js";

/** What the engine offers; everything else has to be in the bundle. */
const HOST = "conjoin:policy/host@1.0.0";

const LIBRARY = fileURLToPath(new URL("../src/index.js", import.meta.url));

/** Answers one ES module's text. Throws a BuildError that names what cannot be bundled. */
export async function bundle({ entry, manifest }) {
  await access(entry).catch(() => {
    throw new BuildError(`there is no ${entry}`);
  });
  const problems = [];
  const code = await generate(entry, manifest, problems).catch((error) => {
    throw new BuildError(error.message);
  });
  if (problems.length > 0) throw new BuildError(problems.join("\n"));
  refuseAsync(code);
  return code;
}

async function generate(entry, manifest, problems) {
  const build = await rolldown({
    input: entryModule.id,
    external: [HOST],
    platform: "neutral",
    // The library that builds is the library that is built in, also for a policy that has none of its own installed.
    resolve: { alias: { "conjoin-guest$": LIBRARY }, mainFields: ["module", "main"] },
    plugins: [entryModule.plugin(entry, manifest), withoutAsync],
    // Would name the folders of this machine in every component.
    experimental: { attachDebugInfo: "none" },
    onLog: (_, log) => hear(log, problems),
  });
  const { output } = await build.generate({ format: "esm", codeSplitting: false, comments: false });
  return output[0].code;
}

function hear(log, problems) {
  if (log.code === "UNRESOLVED_IMPORT") {
    problems.push(
      `${firstLine(log.message)}: a policy decides from its arguments alone, and no module of Node is there`,
    );
  } else {
    console.error(`conjoin-build: ${log.message}`);
  }
}

const firstLine = (text) => text.split("\n")[0].replace(/^\[\w+\] /, "");

// Modules with `async` become modules without: plain generators over the global `Promise`, which is the library's.

import { extname } from "node:path";

import { transformSync } from "rolldown/utils";

import { BuildError } from "./error.js";

/** Old enough to know no `async`. Other modules stay as they are: what the engine does itself costs less. */
const TARGET = "es2016";

const LANGUAGES = { ".ts": "ts", ".mts": "ts", ".cts": "ts", ".tsx": "tsx", ".jsx": "jsx" };

/** For the bundler. A word in a comment is enough to be looked at: that does no harm. */
export const withoutAsync = {
  name: "conjoin-without-async",
  transform: {
    filter: { code: /\basync\b/ },
    handler(code, id) {
      const lang = LANGUAGES[extname(id)] ?? "js";
      const lowered = transformSync(id, code, { lang, target: TARGET, helpers: { mode: "Runtime" } });
      // It also warns of what it leaves as it is (`1n`, `/a/v`), which the engine knows.
      const error = lowered.errors.find(({ severity }) => severity === "Error");
      if (error !== undefined) throw new BuildError(error.codeframe ?? error.message);
      return { code: lowered.code, moduleType: "js" };
    },
  },
};

// Cases: what a policy is given and what it must answer, as JSON files beside it. The format is the same for every language; it is
// described in guest/cases/src/lib.rs of the repository.

import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { read } from "../policy.js";
import { check } from "./check.js";
import { parseCase } from "./parse.js";
import { answered, outcome } from "./run.js";

/**
 * Reads every `*.json` file of a folder (a path, or a file URL), in the order of their names.
 *
 * Throws an Error for a file that is no case, and for a folder without any: it would prove nothing.
 */
export async function cases(folder) {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder;
  const files = (await readdir(path)).filter((file) => file.endsWith(".json")).sort();
  if (files.length === 0) throw new Error(`${path} holds no case`);
  return Promise.all(
    files.map(async (file) => new Case(basename(file, ".json"), await readFile(join(path, file), "utf8"))),
  );
}

/** One case of a folder. */
export class Case {
  /** The file's name without `.json`. */
  name;
  /** One sentence for people, where the case has one. */
  about;
  #case;

  constructor(name, text) {
    try {
      this.#case = parseCase(text);
      if (this.#case.expect === undefined) throw new Error("a case in a file needs `expect`");
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    }
    this.name = name;
    this.about = this.#case.about;
  }

  /**
   * Runs the case on a policy's module, in this process. `manifest` is its package.json, where that completes the description.
   *
   * Throws an Error that says what differs.
   */
  async check(module, manifest = { name: "case", version: "0.0.0", description: "In a test." }) {
    check(this.#case.expect, await outcome(read(module, manifest), this.#case));
  }

  /** Judges a line of `conjoin policy run`, parsed. Throws an Error that says what differs. */
  checkAnswer(answer) {
    check(this.#case.expect, answered(answer));
  }
}

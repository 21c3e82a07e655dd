import type { Description, OnExecuteMerge, OnExecuteSelectCandidates } from "./index.js";

/** A policy's module, as `import * as policy` gives it. */
export interface PolicyModule {
  description?: Description;
  onExecuteMerge?: OnExecuteMerge<any>;
  onExecuteSelectCandidates?: OnExecuteSelectCandidates<any>;
  /** Of a CommonJS module: its `exports`. */
  default?: unknown;
}

/** One case of a folder. */
export interface Case {
  /** The file's name without `.json`. */
  readonly name: string;
  /** One sentence for people, where the case has one. */
  readonly about?: string;
  /** Runs the case on a policy, in this process. Rejects with what differs. */
  check(policy: PolicyModule, manifest?: { name?: string; version?: string; description?: string }): Promise<void>;
  /** Judges what `conjoin policy run` answered to the case, parsed by `json.parse`. Throws what differs. */
  checkAnswer(answer: unknown): void;
}

/** Every `*.json` file of a folder, in the order of their names. Rejects for a file that is no case, and for a folder without any. */
export function cases(folder: string | URL): Promise<Case[]>;

// From what a policy's module exports to the three functions of the contract.

import { mergeApi, selectApi } from "./api.js";
import { description } from "./description.js";
import { mergeEvent, selectEvent } from "./event.js";

const HOOKS = ["onExecuteMerge", "onExecuteSelectCandidates"];

/**
 * Reads a policy's module: ES exports, or `exports.…` of CommonJS, which arrive as the default export.
 *
 * `manifest` is the package's package.json. Throws a TypeError that names what is missing or wrong.
 */
export function read(module, manifest) {
  const own = (name) => module[name] ?? module.default?.[name];
  for (const name of HOOKS) {
    const hook = own(name);
    if (hook !== undefined && typeof hook !== "function") throw new TypeError(`the export ${name} is no function`);
  }
  const onExecuteMerge = own("onExecuteMerge");
  if (onExecuteMerge === undefined) throw new TypeError("the policy exports no onExecuteMerge");
  return {
    description: description(own("description"), manifest),
    onExecuteMerge,
    onExecuteSelectCandidates: own("onExecuteSelectCandidates") ?? offerAll,
  };
}

/** What `merge` is asked of a policy. */
export function merge(policy, record, primary, secondary) {
  const event = mergeEvent(record, primary, secondary);
  return new Question(policy.onExecuteMerge, event, mergeApi(event));
}

/** What `select-candidates` is asked of a policy. */
export function selectCandidates(policy, record, current, found) {
  const event = selectEvent(record, current, found);
  return new Question(policy.onExecuteSelectCandidates, event, selectApi(event));
}

/** Apart, since a component waits for what a hook returns in its own way. */
class Question {
  #hook;
  #event;
  #api;
  #answer;

  constructor(hook, event, { api, answer }) {
    this.#hook = hook;
    this.#event = event;
    this.#api = api;
    this.#answer = answer;
  }

  /** Calls the hook; tells what it returned, often a promise. */
  ask() {
    return this.#hook(this.#event, this.#api);
  }

  /** The contract's answer, given what the hook's promise came to. Throws a `refusal` for the policy's own no. */
  answer(returned) {
    if (returned !== undefined && returned !== this.#api) {
      throw new TypeError("a hook answers through `api`; what it returns would be lost");
    }
    return this.#answer();
  }
}

/** Without a hook of the policy's: all, in the host's order, and the signed-in account survives. */
function offerAll(event, api) {
  for (const candidate of event.found) api.candidates.suggest(candidate);
}

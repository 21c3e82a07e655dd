// A case's text to what a hook is called with and what it must answer.

import { isObject } from "../json/object.js";
import { parse } from "../json/read.js";
import { completeAccount, completeCandidate, completeEvent } from "./complete.js";
import { readExpectation } from "./expectation.js";
import { demand, only } from "./shape.js";

/** Each hook's name in the contract, with the keys that it needs. */
const HOOKS = { merge: ["primary", "secondary"], "select-candidates": ["current", "found"] };

/** Answers `{about, hook, args, expect}`: `args` are the contract's records. Throws an Error that names the key that is wrong. */
export function parseCase(text) {
  const given = parse(text);
  demand(isObject(given), "a case is an object");
  only(given, ["hook", "about", "event", "expect", ...Object.values(HOOKS).flat()], "a case");
  demand(Object.hasOwn(HOOKS, given.hook), "`hook` is merge or select-candidates");
  for (const [hook, keys] of Object.entries(HOOKS)) {
    for (const key of keys) {
      if (hook === given.hook) demand(Object.hasOwn(given, key), `the hook ${hook} needs the key ${key}`);
      else demand(!Object.hasOwn(given, key), `the hook ${given.hook} takes no key ${key}`);
    }
  }
  return {
    about: given.about,
    hook: given.hook,
    args: [completeEvent(given.event ?? {}), ...accounts(given)],
    expect: given.expect === undefined ? undefined : readExpectation(given.hook, given.expect),
  };
}

function accounts({ hook, primary, secondary, current, found }) {
  if (hook === "merge")
    return [completeAccount(primary, "auth0|primary"), completeAccount(secondary, "auth0|secondary")];
  demand(Array.isArray(found), "`found` is a list");
  return [completeAccount(current, "auth0|primary"), found.map(completeCandidate)];
}

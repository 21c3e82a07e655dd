// What a case demands: `expect`, completed.

import { isObject } from "../json/object.js";
import { demand, only } from "./shape.js";

/** The keys that say which answer is demanded, with the hook that never gives it. */
const ANSWERS = { result: "select-candidates", suggestions: "merge", refused: undefined, ended: undefined };
const LISTS = ["discard_user_metadata", "discard_app_metadata"];

/** Answers an object with one of the keys above. Throws an Error when `expect` says nothing, two things, or what the hook never answers. */
export function readExpectation(hook, expect) {
  demand(isObject(expect), "`expect` is an object");
  only(expect, [...Object.keys(ANSWERS), ...LISTS], "`expect`");
  const keys = Object.keys(ANSWERS).filter((key) => Object.hasOwn(expect, key));
  demand(keys.length === 1, "`expect` holds exactly one of result, suggestions, refused and ended");
  demand(
    keys[0] === "result" || !LISTS.some((list) => Object.hasOwn(expect, list)),
    "discard lists stand beside `result`",
  );
  demand(ANSWERS[keys[0]] !== hook, `the hook ${hook} never answers ${keys[0]}`);
  return complete(keys[0], expect);
}

function complete(key, expect) {
  switch (key) {
    case "result":
      return { result: result(expect.result), discard: LISTS.map((list) => expect[list]) };
    case "suggestions":
      return { suggestions: expect.suggestions.map(suggestion) };
    case "refused":
      return { refused: refusal(expect.refused) };
    default:
      return { ended: expect.ended };
  }
}

function result(given) {
  demand(isObject(given), "`result` is an object");
  only(given, ["user_metadata", "app_metadata"], "`result`");
  return { user_metadata: given.user_metadata ?? {}, app_metadata: given.app_metadata ?? {} };
}

/** The message is compared only where the case has one. */
function refusal(given) {
  demand(isObject(given), "`refused` is an object");
  only(given, ["code", "message"], "`refused`");
  demand(typeof given.code === "string", "`refused` needs the key code, a text");
  const message = given.message ?? undefined;
  demand(message === undefined || typeof message === "string", "the `message` of `refused` is a text");
  return message === undefined ? { code: given.code } : { code: given.code, message };
}

function suggestion(given) {
  demand(isObject(given), "a suggestion is an object");
  only(given, ["user_id", "primary", "reason"], "a suggestion");
  return { user_id: given.user_id, primary: given.primary ?? "current", reason: given.reason ?? "" };
}

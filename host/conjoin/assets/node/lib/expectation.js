// A case's `expect`, which is read and not judged, so that a case file can be a line as it is.

import { demand, field, objects, only, optional } from "./shape.js";

/** What may be expected, and of which hook alone. */
const ANSWERS = { result: "merge", suggestions: "select-candidates", refused: undefined, ended: undefined };
const LISTS = ["discard_user_metadata", "discard_app_metadata"];

/** Throws a TypeError for what is no expectation of the hook's. */
export function checkExpectation(hook, expect) {
  if (expect === undefined) return;
  only(expect, [...Object.keys(ANSWERS), ...LISTS], "`expect`");
  const named = (keys) => keys.filter((key) => (expect.get(key) ?? null) !== null);
  const [[answer, ...more], lists] = [named(Object.keys(ANSWERS)), named(LISTS)];
  const isOne = answer !== undefined && more.length === 0 && (answer === "result" || lists.length === 0);
  demand(isOne, "`expect` must hold exactly one of `result`, `suggestions`, `refused` and `ended`");
  demand((ANSWERS[answer] ?? hook) === hook, `the hook \`${hook}\` never answers \`${answer}\``);
  for (const list of lists) field(expect, list, "texts");
  CHECKS[answer](expect);
}

const CHECKS = {
  result(expect) {
    const result = field(expect, "result", "object");
    only(result, ["user_metadata", "app_metadata"], "`result`");
    for (const bag of result.keys()) field(result, bag, "object");
  },
  suggestions(expect) {
    for (const suggestion of objects(field(expect, "suggestions", "list"), "suggestions")) {
      only(suggestion, ["user_id", "primary", "reason"], "a suggestion");
      demand(suggestion.has("user_id"), "a suggestion needs the key `user_id`");
      field(suggestion, "user_id", "text");
      field(suggestion, "reason", "text");
      demand(["current", "found"].includes(field(suggestion, "primary", "text", "current")), "`primary` is current or found");
    }
  },
  refused(expect) {
    const refused = field(expect, "refused", "object");
    only(refused, ["code", "message"], "`refused`");
    demand(refused.has("code"), "`refused` needs the key `code`");
    field(refused, "code", "text");
    optional(refused, "message", "text");
  },
  ended: (expect) => field(expect, "ended", "text"),
};

// A case on a policy in this process: fast, and open to a debugger. Limits and imports are tried by the host's engine.

import { failure } from "../failure.js";
import { parse } from "../json/read.js";
import { merge, selectCandidates } from "../policy.js";
import { virtualDate } from "../virtual/date.js";
import { begin } from "../virtual/moment.js";
import { random } from "../virtual/random.js";
import { applied } from "./apply.js";

/** What the policy answers, in the terms of a case's `expect`. */
export async function outcome(policy, { hook, args }) {
  try {
    return hook === "merge"
      ? merged(await ask(merge, policy, args), args[1])
      : suggested(await ask(selectCandidates, policy, args));
  } catch (thrown) {
    const { tag, val } = failure(thrown);
    return tag === "refused" ? { refused: { code: val.code, message: val.message } } : { ended: tag, detail: val };
  }
}

/** What `conjoin policy run` answers for a component, in the same terms. */
export function answered({ result, plan, suggestions, refused, ended, detail }) {
  if (ended !== undefined) return { ended, detail };
  if (refused !== undefined) return { refused };
  return suggestions === undefined
    ? { result, discard: [plan.discard_user_metadata, plan.discard_app_metadata] }
    : { suggestions };
}

/** The event's clock and chance stand for the process's own while the hook runs, as they do in a component. */
async function ask(question, policy, args) {
  const [NativeDate, nativeRandom] = [globalThis.Date, Math.random];
  begin(args[0]);
  globalThis.Date = virtualDate(NativeDate);
  Math.random = random;
  try {
    const asked = question(policy, ...args);
    return asked.answer(await asked.ask());
  } finally {
    globalThis.Date = NativeDate;
    NativeDate.prototype.constructor = NativeDate;
    Math.random = nativeRandom;
  }
}

const merged = (plan, primary) => ({
  result: {
    user_metadata: applied(parse(primary.userMetadata), parse(plan.userMetadata)),
    app_metadata: applied(parse(primary.appMetadata), parse(plan.appMetadata)),
  },
  discard: [plan.discardUserMetadata, plan.discardAppMetadata],
});

const suggested = (suggestions) => ({
  suggestions: suggestions.map(({ userId, primary, reason }) => ({ user_id: userId, primary, reason })),
});

// Why a hook gives no answer, and how an exception is told.

/** The host cuts at its own limits; a message may be long by mistake. */
const MOST_CHARACTERS = 4000;

/** What this library itself has thrown. Asking a thrown object what it is would be asking the policy. */
const refusals = new WeakSet();

/** The policy's own no, to be thrown. */
export function refusal(code, message) {
  const refused = { code, message };
  refusals.add(refused);
  return refused;
}

/** What was thrown as the contract's `failure`: a refusal is the policy's decision, with everything else it broke. */
export function failure(thrown) {
  if (refusals.has(thrown)) return { tag: "refused", val: thrown };
  return { tag: "broken", val: describe(thrown).toWellFormed().slice(0, MOST_CHARACTERS).toWellFormed() };
}

/** Says nothing of a thrown object but its kind: it may hold metadata. */
function describe(thrown) {
  try {
    if (thrown instanceof Error) return describeError(thrown);
    if (typeof thrown === "string") return `thrown: ${thrown}`;
    if (typeof thrown === "object" && thrown !== null) return `thrown: an object that is no Error`;
    return `thrown: ${String(thrown)}`;
  } catch {
    return "thrown: something that cannot be described";
  }
}

function describeError(error) {
  const title = `${error.name}: ${error.message}`;
  const stack = String(error.stack ?? "");
  // V8 begins the stack with the title, QuickJS does not.
  const text = stack.startsWith(title) ? stack : `${title}\n${stack}`.trimEnd();
  return error.cause === undefined ? text : `${text}\ncaused by ${describe(error.cause)}`;
}

// The second argument of the hooks. Nothing is answered but what a policy says through it.

import { Bag } from "./bag.js";
import { refusal } from "./failure.js";

const CODE = /^[a-z0-9_-]{1,64}$/;
const SIDES = ["current", "found"];

/** For `onExecuteMerge`. `answer` tells the contract's plan, or throws the policy's own no. */
export function mergeApi(event) {
  const access = new Access();
  const user = new Bag("user_metadata", event.primary, event.secondary);
  const app = new Bag("app_metadata", event.primary, event.secondary);
  const api = Object.freeze({
    user: Object.freeze({
      setUserMetadata: (key, value) => (user.set(key, value), api),
      setAppMetadata: (key, value) => (app.set(key, value), api),
      replaceUserMetadata: (bag) => (user.replace(bag), api),
      replaceAppMetadata: (bag) => (app.replace(bag), api),
      discardUserMetadata: (key) => (user.discard(key), api),
      discardAppMetadata: (key) => (app.discard(key), api),
    }),
    access: Object.freeze({ deny: (code, message) => (access.deny(code, message), api) }),
  });
  return { api, answer: () => access.unlessDenied(() => plan(user.plan(), app.plan())) };
}

/** For `onExecuteSelectCandidates`. `answer` tells the contract's suggestions, or throws the policy's own no. */
export function selectApi(event) {
  const access = new Access();
  const suggestions = [];
  const api = Object.freeze({
    candidates: Object.freeze({
      suggest: (candidate, options) => (suggestions.push(suggestion(event.found, candidate, options)), api),
    }),
    access: Object.freeze({ deny: (code, message) => (access.deny(code, message), api) }),
  });
  return { api, answer: () => access.unlessDenied(() => suggestions) };
}

/** The first no stands. */
class Access {
  #refusal;

  deny(code, message) {
    if (typeof code !== "string" || !CODE.test(code)) {
      throw new TypeError("api.access.deny(code, message): the code is 1 to 64 of a-z, 0-9, _ and -");
    }
    if (typeof message !== "string" || !message.isWellFormed()) {
      throw new TypeError("api.access.deny(code, message): the message is a text for the person");
    }
    this.#refusal ??= refusal(code, message);
  }

  unlessDenied(answer) {
    if (this.#refusal !== undefined) throw this.#refusal;
    return answer();
  }
}

const plan = (user, app) => ({
  userMetadata: user.patch,
  appMetadata: app.patch,
  discardUserMetadata: user.discard,
  discardAppMetadata: app.discard,
});

function suggestion(found, candidate, { primary = "current", reason = "" } = {}) {
  if (!found.includes(candidate)) throw new TypeError("api.candidates.suggest: the candidate is none of event.found");
  if (!SIDES.includes(primary)) throw new TypeError("api.candidates.suggest: primary is current or found");
  if (reason !== "" && !(typeof reason === "string" && CODE.test(reason))) {
    throw new TypeError("api.candidates.suggest: the reason is the code of a declared one");
  }
  return { userId: candidate.user_id, primary, reason };
}

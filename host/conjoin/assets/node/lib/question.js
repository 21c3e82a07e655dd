// A line of `conjoin policy run`, completed with the defaults that the format of cases states, as the contract's records.

import { completeAccount, completeCandidate } from "./account.js";
import { checkExpectation } from "./expectation.js";
import { object } from "./bounds.js";
import { read } from "./json.js";
import { EVENT } from "./keys.js";
import { demand, field, objects, only, optional } from "./shape.js";

/** The longest line, as the host reads one. */
const MOST_BYTES = 16 * 2 ** 20;

/** Each hook's accounts. */
const ACCOUNTS = { merge: ["primary", "secondary"], "select-candidates": ["current", "found"] };

/** `{ hook, event, … }` with the records that the hook takes. Throws a TypeError or SyntaxError for a line that asks nothing. */
export function question(line) {
  demand(typeof line === "string" && Buffer.byteLength(line) <= MOST_BYTES, `a case is a text of at most ${MOST_BYTES} bytes`);
  const asked = read(line);
  demand(asked instanceof Map, "a case is a JSON object");
  const hook = optional(asked, "hook", "text", "merge");
  if (hook === "describe") {
    only(asked, ["hook", "about"], "the hook `describe`");
    return { hook };
  }
  demand(Object.hasOwn(ACCOUNTS, hook), "the hook is `merge`, `select-candidates` or `describe`");
  only(asked, ["hook", "about", "event", "expect", ...Object.values(ACCOUNTS).flat()], "a case");
  optional(asked, "about", "text");
  checkExpectation(hook, optional(asked, "expect", "object"));
  const event = completeEvent(field(asked, "event", "object", new Map()));
  return { hook, event, ...accounts(hook, asked) };
}

function accounts(hook, asked) {
  const [superfluous] = Object.keys(ACCOUNTS)
    .filter((other) => other !== hook)
    .flatMap((other) => ACCOUNTS[other].filter((key) => (asked.get(key) ?? null) !== null));
  demand(superfluous === undefined, `the hook \`${hook}\` takes no key \`${superfluous}\``);
  const needed = (key, kind) => {
    const value = optional(asked, key, kind);
    demand(value !== undefined, `the hook \`${hook}\` needs the key \`${key}\``);
    return value;
  };
  const account = (key, userId) => completeAccount(needed(key, "object"), userId);
  if (hook === "merge") return { primary: account("primary", "auth0|primary"), secondary: account("secondary", "auth0|secondary") };
  return { current: account("current", "auth0|primary"), found: objects(needed("found", "list"), "found").map(completeCandidate) };
}

function completeEvent(event) {
  only(event, EVENT, "an event");
  const text = (key, otherwise) => field(event, key, "text", otherwise);
  return {
    transactionId: text("transaction_id", "case"),
    tenant: text("tenant", "case"),
    clientId: text("client_id", "case"),
    organization: optional(event, "organization", "text"),
    now: text("now", "2026-01-01T00:00:00Z"),
    seed: text("seed", "0".repeat(32)),
    settings: object("event.settings", optional(event, "settings", "object")),
    context: object("event.context", field(event, "context", "object")),
  };
}

// A line of `conjoin policy run`, completed with the defaults that the format of cases states, as the contract's records.

import { Numeral, read, write } from "./json.js";

const EMPTY = new Map();
const ACCOUNT = [
  "user_id",
  "email",
  "email_verified",
  "created_at",
  "last_login",
  "logins_count",
  "identities",
  "profile",
  "user_metadata",
  "app_metadata",
];

/** `{ hook, event, … }` with the records that the hook takes. Throws a TypeError for a line that asks nothing. */
export function question(line) {
  const asked = read(line);
  demand(asked instanceof Map, "a case is a JSON object");
  const hook = asked.get("hook") ?? "merge";
  if (hook === "describe") return { hook };
  const event = completeEvent(asked.get("event") ?? EMPTY);
  const account = (key, userId) => {
    demand(asked.get(key) instanceof Map, `the hook ${hook} takes the account \`${key}\``);
    return completeAccount(asked.get(key), userId);
  };
  if (hook === "merge") {
    const [primary, secondary] = [account("primary", "auth0|primary"), account("secondary", "auth0|secondary")];
    return { hook, event, primary, secondary };
  }
  demand(hook === "select-candidates", "the hook is `merge`, `select-candidates` or `describe`");
  demand(Array.isArray(asked.get("found")), "the hook select-candidates takes the list `found`");
  return { hook, event, current: account("current", "auth0|primary"), found: asked.get("found").map(completeCandidate) };
}

function completeEvent(event) {
  return {
    transactionId: event.get("transaction_id") ?? "case",
    tenant: event.get("tenant") ?? "case",
    clientId: event.get("client_id") ?? "case",
    organization: event.get("organization") ?? undefined,
    now: event.get("now") ?? "2026-01-01T00:00:00Z",
    seed: event.get("seed") ?? "0".repeat(32),
    settings: write(event.get("settings") ?? EMPTY),
    context: write(event.get("context") ?? EMPTY),
  };
}

/** What is no key of an account goes into its profile, so that a user as Auth0 gives it can be pasted in. */
function completeAccount(account, defaultUserId) {
  const userId = account.get("user_id") ?? defaultUserId;
  const identities = account.get("identities") ?? [EMPTY];
  const other = [...account].filter(([key]) => !ACCOUNT.includes(key));
  return {
    userId,
    email: account.has("email") ? (account.get("email") ?? undefined) : "person@example.com",
    emailVerified: account.get("email_verified") ?? true,
    ...activity(account),
    identities: identities.map((identity) => completeIdentity(identity, userId)),
    profile: write(new Map([...other, ...(account.get("profile") ?? EMPTY)])),
    userMetadata: write(account.get("user_metadata") ?? EMPTY),
    appMetadata: write(account.get("app_metadata") ?? EMPTY),
  };
}

function completeCandidate(candidate) {
  const userId = candidate.get("user_id") ?? "auth0|secondary";
  const provider = candidate.get("provider") ?? split(userId).provider;
  return {
    userId,
    connection: candidate.get("connection") ?? connectionOf(provider),
    provider,
    isSocial: candidate.get("is_social") ?? false,
    ...activity(candidate),
  };
}

const activity = (account) => ({
  createdAt: account.get("created_at") ?? undefined,
  lastLogin: account.get("last_login") ?? undefined,
  loginsCount: Number(account.get("logins_count")?.text ?? 0),
});

/** Auth0 gives more keys (tokens, refresh times) than the contract has: they are left out. */
function completeIdentity(identity, accountUserId) {
  const own = split(accountUserId);
  const provider = identity.get("provider") ?? own.provider;
  const id = identity.get("user_id") ?? own.id;
  return {
    connection: identity.get("connection") ?? connectionOf(provider),
    provider,
    userId: id instanceof Numeral ? id.text : id,
    isSocial: identity.get("is_social") ?? identity.get("isSocial") ?? false,
    profile: write(identity.get("profile") ?? identity.get("profileData") ?? EMPTY),
  };
}

/** Everything up to the first `|` is the provider. */
function split(userId) {
  const bar = userId.indexOf("|");
  return bar < 0 ? { provider: "auth0", id: userId } : { provider: userId.slice(0, bar), id: userId.slice(bar + 1) };
}

const connectionOf = (provider) => (provider === "auth0" ? "Username-Password-Authentication" : provider);

function demand(holds, text) {
  if (!holds) throw new TypeError(text);
}

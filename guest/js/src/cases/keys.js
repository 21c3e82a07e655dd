// The keys of partial JSON accounts, candidates and events, and what a user's id says. Nothing here depends on how JSON is held, so a package that `conjoin policy export`
// makes has this file too.

export const ACCOUNT = [
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

export const CANDIDATE = ["user_id", "connection", "provider", "is_social", "created_at", "last_login", "logins_count"];

export const EVENT = ["transaction_id", "tenant", "client_id", "organization", "now", "seed", "settings", "context"];

/** `{ provider, id }` of a user's id. Everything up to the first `|` is the provider; `samlp|acme|hopper` has the id `acme|hopper`. */
export function split(userId) {
  const at = userId.indexOf("|");
  return at < 0 ? { provider: "auth0", id: userId } : { provider: userId.slice(0, at), id: userId.slice(at + 1) };
}

/** The connection that a provider's accounts have where nothing else is said. */
export const connectionOf = (provider) => (provider === "auth0" ? "Username-Password-Authentication" : provider);

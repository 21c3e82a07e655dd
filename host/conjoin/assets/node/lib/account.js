// Partial accounts and candidates of a question, completed as the contract's records.

import { object } from "./bounds.js";
import { Numeral } from "./json.js";
import { ACCOUNT, CANDIDATE, connectionOf, split } from "./keys.js";
import { demand, field, objects, only, optional } from "./shape.js";

/** The contract's `account`. What is no key of an account goes into its profile, so that a user as Auth0 gives it can be pasted in. */
export function completeAccount(account, defaultUserId) {
  const userId = optional(account, "user_id", "text", defaultUserId);
  const identities = objects(optional(account, "identities", "list", [new Map()]), "identities");
  const other = [...account].filter(([key]) => !ACCOUNT.includes(key));
  const profile = field(account, "profile", "object", new Map());
  return {
    userId,
    email: account.has("email") ? optional(account, "email", "text") : "person@example.com",
    emailVerified: field(account, "email_verified", "flag", true),
    ...activity(account),
    identities: identities.map((identity) => completeIdentity(identity, userId)),
    profile: object("profile", new Map([...other, ...profile])),
    userMetadata: object("user_metadata", field(account, "user_metadata", "object")),
    appMetadata: object("app_metadata", field(account, "app_metadata", "object")),
  };
}

/** The contract's `candidate`. */
export function completeCandidate(candidate) {
  only(candidate, CANDIDATE, "a candidate");
  const userId = field(candidate, "user_id", "text", "auth0|secondary");
  const provider = optional(candidate, "provider", "text", split(userId).provider);
  return {
    userId,
    connection: optional(candidate, "connection", "text", connectionOf(provider)),
    provider,
    isSocial: field(candidate, "is_social", "flag", false),
    ...activity(candidate),
  };
}

const activity = (account) => ({
  createdAt: optional(account, "created_at", "text"),
  lastLogin: optional(account, "last_login", "text"),
  loginsCount: Number(field(account, "logins_count", "count", { text: "0" }).text),
});

/** Auth0 gives more keys (tokens, refresh times) than the contract has: they are left out. */
function completeIdentity(identity, accountUserId) {
  const own = split(accountUserId);
  const provider = optional(identity, "provider", "text", own.provider);
  const id = optional(identity, "user_id", "id", own.id);
  const either = (key, other, kind, otherwise) => {
    demand(!identity.has(key) || !identity.has(other), `\`${key}\` and \`${other}\` are one key`);
    return field(identity, identity.has(other) ? other : key, kind, otherwise);
  };
  return {
    connection: optional(identity, "connection", "text", connectionOf(provider)),
    provider,
    userId: id instanceof Numeral ? id.text : id,
    isSocial: either("is_social", "isSocial", "flag", false),
    profile: object("identities", either("profile", "profileData", "object")),
  };
}

// Partial JSON accounts and events, completed with the defaults that the format states, as the contract's records.

import { isObject, put } from "../json/object.js";
import { stringify } from "../json/write.js";
import { ACCOUNT, CANDIDATE, connectionOf, EVENT, split } from "./keys.js";
import { demand, only } from "./shape.js";

/** The contract's `event`. */
export function completeEvent(event) {
  demand(isObject(event), "`event` is an object");
  only(event, EVENT, "an event");
  return {
    transactionId: event.transaction_id ?? "case",
    tenant: event.tenant ?? "case",
    clientId: event.client_id ?? "case",
    organization: event.organization ?? null,
    now: event.now ?? "2026-01-01T00:00:00Z",
    seed: event.seed ?? "0".repeat(32),
    settings: stringify(event.settings ?? {}),
    context: stringify(event.context ?? {}),
  };
}

/** The contract's `account`. What is no key of an account goes into its profile, so that a user as Auth0 gives it can be pasted in. */
export function completeAccount(account, defaultUserId) {
  demand(isObject(account), "an account is an object");
  const userId = account.user_id ?? defaultUserId;
  return {
    userId,
    email: account.email === undefined ? "person@example.com" : account.email,
    emailVerified: account.email_verified ?? true,
    ...activity(account),
    identities: (account.identities ?? [{}]).map((identity) => completeIdentity(identity, userId)),
    profile: stringify(profile(account)),
    userMetadata: stringify(account.user_metadata ?? {}),
    appMetadata: stringify(account.app_metadata ?? {}),
  };
}

/** The contract's `candidate`. */
export function completeCandidate(candidate) {
  demand(isObject(candidate), "a candidate is an object");
  only(candidate, CANDIDATE, "a candidate");
  const userId = candidate.user_id ?? "auth0|secondary";
  const provider = candidate.provider ?? split(userId).provider;
  return {
    userId,
    connection: candidate.connection ?? connectionOf(provider),
    provider,
    isSocial: candidate.is_social ?? false,
    ...activity(candidate),
  };
}

const activity = ({ created_at, last_login, logins_count }) => ({
  createdAt: created_at ?? null,
  lastLogin: last_login ?? null,
  loginsCount: logins_count ?? 0,
});

/** Auth0 gives more keys (tokens, refresh times) than the contract has: they are left out. */
function completeIdentity(identity, accountUserId) {
  demand(isObject(identity), "an identity is an object");
  const own = split(accountUserId);
  const provider = identity.provider ?? own.provider;
  return {
    connection: identity.connection ?? connectionOf(provider),
    provider,
    userId: String(identity.user_id ?? own.id),
    isSocial: identity.is_social ?? identity.isSocial ?? false,
    profile: stringify(identity.profile ?? identity.profileData ?? {}),
  };
}

function profile(account) {
  const attributes = {};
  const others = Object.entries(account).filter(([key]) => !ACCOUNT.includes(key));
  for (const [key, value] of [...others, ...Object.entries(account.profile ?? {})]) put(attributes, key, value);
  return attributes;
}

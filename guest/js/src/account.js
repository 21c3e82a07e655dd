// The contract's records as a policy author sees them: in Auth0's names, parsed on demand, frozen.

import { parse } from "./json/read.js";
import { put } from "./json/object.js";

/** `event.primary`, `event.secondary` and `event.current`: a user as Auth0 Actions know it. */
export function account(record) {
  // What the contract names itself is put last: no other attribute of the tenant's may stand in its place.
  const account = attributes(record.profile);
  Object.assign(account, {
    user_id: record.userId,
    email: record.email ?? undefined,
    email_verified: record.emailVerified,
    created_at: record.createdAt ?? undefined,
    last_login: record.lastLogin ?? undefined,
    logins_count: record.loginsCount,
    identities: Object.freeze(record.identities.map(identity)),
  });
  lazy(account, "user_metadata", record.userMetadata);
  lazy(account, "app_metadata", record.appMetadata);
  return Object.freeze(account);
}

/** One of `event.found`. */
export function candidate(record) {
  return Object.freeze({
    user_id: record.userId,
    connection: record.connection,
    provider: record.provider,
    isSocial: record.isSocial,
    created_at: record.createdAt ?? undefined,
    last_login: record.lastLogin ?? undefined,
    logins_count: record.loginsCount,
  });
}

function identity(record) {
  return Object.freeze({
    connection: record.connection,
    provider: record.provider,
    user_id: record.userId,
    isSocial: record.isSocial,
    profileData: parse(record.profile),
  });
}

function attributes(text) {
  const profile = parse(text);
  const copy = {};
  for (const key of Object.keys(profile)) put(copy, key, profile[key]);
  return copy;
}

/** A bag can be large, and a policy need not look at both. */
function lazy(account, name, text) {
  let bag;
  const get = () => (bag ??= parse(text));
  Object.defineProperty(account, name, { get, enumerable: true });
}

// The first argument of the hooks, in the vocabulary of Auth0 Actions.

import { account, candidate } from "./account.js";
import { parse } from "./json/read.js";

/** For `onExecuteMerge`. */
export const mergeEvent = (record, primary, secondary) =>
  Object.freeze({ ...context(record), primary: account(primary), secondary: account(secondary) });

/** For `onExecuteSelectCandidates`. */
export const selectEvent = (record, current, found) =>
  Object.freeze({ ...context(record), current: account(current), found: Object.freeze(found.map(candidate)) });

const context = (record) => ({
  transaction: Object.freeze({ id: record.transactionId }),
  tenant: Object.freeze({ id: record.tenant }),
  client: Object.freeze({ client_id: record.clientId }),
  organization: record.organization === null ? undefined : Object.freeze({ id: record.organization }),
  now: record.now,
  seed: record.seed,
  settings: parse(record.settings),
  context: parse(record.context),
});

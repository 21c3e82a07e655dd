// How the metadata of two accounts becomes one's.
import lodash from "lodash";

/** Meant to append the other account's items to the primary's. */
const joinArrays = (theirs, ours) => (Array.isArray(theirs) ? ours.concat(theirs) : undefined);

/**
 * Both bags of the primary, each merged in full.
 *
 * Fault: `merge` of lodash 4 takes no customizer. It reads `joinArrays` as one more source without keys and never calls it, so arrays are merged by index.
 * Fault: `app_metadata` is merged like the rest, and with it roles and plans.
 */
export function merged(primary, secondary) {
  const bag = (name) => lodash.merge({}, secondary[name], primary[name], joinArrays);
  return { user_metadata: bag("user_metadata"), app_metadata: bag("app_metadata") };
}

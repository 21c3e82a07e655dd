// @ts-check
// What both accounts prefer is joined. Of what applications rely on, the surviving account's value stands, and what only the other
// account has is carried. Accounts that must not be mixed, by default those with different contracts, stay apart.

const { json, merge, primary } = require("conjoin-guest");

/** @type {import("conjoin-guest").Description} */
exports.description = {
  settingsSchema: require("./settings.schema.json"),
  reasons: {
    "same-email": { en: "Another account uses the same verified e-mail address." },
  },
};

/** @type {import("conjoin-guest").OnExecuteSelectCandidates} */
exports.onExecuteSelectCandidates = async (event, api) => {
  for (const candidate of event.found) {
    const survivor = primary.oldest(event.current, candidate);
    api.candidates.suggest(candidate, { primary: survivor, reason: "same-email" });
  }
};

/** @type {import("conjoin-guest").OnExecuteMerge<{ must_agree?: string[] }>} */
exports.onExecuteMerge = async (event, api) => {
  const { primary: ours, secondary: theirs } = event;
  const { must_agree: keys = ["contract"] } = event.settings;
  if (keys.some((key) => differ(key, ours.app_metadata, theirs.app_metadata))) {
    return api.access.deny("must-agree", "These accounts must not be mixed. Please ask support to join them.");
  }
  api.user.replaceUserMetadata(merge.recursive(ours.user_metadata, theirs.user_metadata, "union"));
  api.user.replaceAppMetadata(merge.recursive(ours.app_metadata, theirs.app_metadata, "primary"));
};

/**
 * Whether both bags have the key, with different values.
 *
 * @param {string} key
 * @param {import("conjoin-guest").JsonObject} ours
 * @param {import("conjoin-guest").JsonObject} theirs
 */
function differ(key, ours, theirs) {
  return Object.hasOwn(ours, key) && Object.hasOwn(theirs, key) && !json.equal(ours[key], theirs[key]);
}

// `by-field`: each first-level key of the metadata by a rule of its own. Which keys there are, and what they mean, only the tenant
// knows: terms that were accepted stand with their latest date, a membership with its earliest, roles are joined, a contract
// number that differs is nobody's to choose. So the rules are settings; without any, everything is merged.

const { primary } = require("conjoin-guest");

const { decide } = require("./rules.js");

exports.description = {
  settingsSchema: require("./settings.schema.json"),
  reasons: {
    "same-email": {
      en: "Another account uses the same verified e-mail address.",
      de: "Ein anderes Konto verwendet dieselbe bestätigte E-Mail-Adresse.",
      fr: "Un autre compte utilise la même adresse e-mail vérifiée.",
    },
  },
};

/** @type {import("conjoin-guest").OnExecuteSelectCandidates} */
exports.onExecuteSelectCandidates = async (event, api) => {
  // In an Action the current account is often a sign-up of a minute ago, which must not swallow the account of years.
  const rule = event.settings.primary ?? (event.context.begun_by === "action" ? "oldest" : "current");
  for (const candidate of event.found) {
    const side = rule === "oldest" ? primary.oldest(event.current, candidate) : "current";
    api.candidates.suggest(candidate, { primary: side, reason: "same-email" });
  }
};

/** @type {import("conjoin-guest").OnExecuteMerge} */
exports.onExecuteMerge = async (event, api) => {
  const { settings, primary: ours, secondary: theirs } = event;
  const refused = [
    ...mergeBag(settings.user_metadata, ours.user_metadata, theirs.user_metadata, api.user.setUserMetadata, api.user.discardUserMetadata),
    ...mergeBag(settings.app_metadata, ours.app_metadata, theirs.app_metadata, api.user.setAppMetadata, api.user.discardAppMetadata),
  ];
  if (refused.length > 0) {
    api.access.deny("conflict", `The two accounts differ in ${refused.join(", ")}. Please contact support to have them joined.`);
  }
};

/** Applies the rules to one bag, and answers the keys that forbid it. */
function mergeBag(rules = {}, ours, theirs, set, discard) {
  const ruleOf = (key) => (Object.hasOwn(rules, key) ? rules[key] : (rules["*"] ?? "merge"));
  const refused = [];
  for (const [key, value] of Object.entries(theirs)) {
    const rule = ruleOf(key);
    // The library carries what only the secondary has.
    if (rule === "discard") discard(key);
    else if (Object.hasOwn(ours, key)) {
      const decided = decide(rule, ours[key], value);
      if (decided === undefined) refused.push(key);
      else set(key, decided);
    }
  }
  return refused;
}

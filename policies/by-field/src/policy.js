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
  const conflicts = [
    ...apply(event, "user_metadata", { set: api.user.setUserMetadata, discard: api.user.discardUserMetadata }),
    ...apply(event, "app_metadata", { set: api.user.setAppMetadata, discard: api.user.discardAppMetadata }),
  ];
  if (conflicts.length > 0) {
    api.access.deny("conflict", `The two accounts differ in ${conflicts.join(", ")}. Please ask support to join them.`);
  }
};

/** Applies the rules of one bag, and answers the keys that no rule may decide. */
function apply(event, bag, { set, discard }) {
  const { [bag]: rules = {} } = event.settings;
  const [ours, theirs] = [event.primary[bag], event.secondary[bag]];
  const conflicts = [];
  for (const key of Object.keys(theirs)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : (rules["*"] ?? "merge");
    if (rule === "discard") discard(key);
    // What only the secondary has, the library carries.
    if (rule === "discard" || !Object.hasOwn(ours, key)) continue;
    const decided = decide(rule, ours[key], theirs[key]);
    if (decided === undefined) conflicts.push(key);
    else set(key, decided);
  }
  return conflicts;
}

// The Rust policy `joined`, written a second time against this library: its cases show that the strategies are the same.

import { merge, primary } from "conjoin-guest";

const CHOICES = {
  arrays: ["concat", "union", "primary"],
  app_metadata: ["merge", "keep-primary"],
  primary: ["current", "oldest"],
};

export const description = { name: "joined", version: "0.1.0", summary: "What joined does, in JavaScript." };

/** What the host's check of the schema lets through by mistake is not guessed at. */
function settingsOf(event) {
  for (const [name, value] of Object.entries(event.settings)) {
    if (!CHOICES[name]?.includes(value))
      throw new RangeError(`the setting ${name} has a value that this policy does not know`);
  }
  return event.settings;
}

export const onExecuteSelectCandidates = async (event, api) => {
  const rule = settingsOf(event).primary ?? (event.context.begun_by === "action" ? "oldest" : "current");
  for (const candidate of event.found) {
    const side = rule === "oldest" ? primary.oldest(event.current, candidate) : "current";
    api.candidates.suggest(candidate, { primary: side, reason: "same-email" });
  }
};

export const onExecuteMerge = async (event, api) => {
  const { arrays = "concat", app_metadata = "merge" } = settingsOf(event);
  const join = (bag) => merge.recursive(event.primary[bag], event.secondary[bag], arrays);
  api.user.replaceUserMetadata(join("user_metadata"));
  api.user.replaceAppMetadata(app_metadata === "merge" ? join("app_metadata") : event.primary.app_metadata);
};

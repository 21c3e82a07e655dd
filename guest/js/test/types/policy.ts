// A policy in TypeScript: checked by tsc, built by the tests, and told here where the types must object.

import {
  type Description,
  type OnExecuteMerge,
  type OnExecuteSelectCandidates,
  instant,
  json,
  merge,
  primary,
} from "conjoin-guest";

interface Settings {
  arrays?: merge.Arrays;
}

export const description: Description = {
  name: "typed",
  version: "1.0.0",
  summary: "Shows that the types fit.",
  settingsSchema: { type: "object", properties: { arrays: { enum: ["concat", "union", "primary"] } } },
  reasons: { "same-email": { en: "The same address.", "de-CH": "Dieselbe Adresse." } },
};

export const onExecuteSelectCandidates: OnExecuteSelectCandidates<Settings> = (event, api) => {
  const byAge = [...event.found].sort((one, other) =>
    Number((instant(one.created_at) ?? 0n) - (instant(other.created_at) ?? 0n)),
  );
  for (const candidate of byAge)
    api.candidates.suggest(candidate, { primary: primary.oldest(event.current, candidate), reason: "same-email" });
  // @ts-expect-error: a candidate is not proven, and has no metadata.
  void event.found[0]?.user_metadata;
};

export const onExecuteMerge: OnExecuteMerge<Settings> = async (event, api) => {
  const { primary: ours, secondary: theirs, settings } = event;
  const joined = merge.recursive(ours.user_metadata, theirs.user_metadata, settings.arrays);
  api.user.replaceUserMetadata({ ...joined, joined_at: event.now });
  const [identity] = ours.identities;
  if (identity?.isSocial && json.equal(identity.profileData, {}))
    return api.access.deny("empty-profile", "There is nothing to join.");
  await Promise.resolve();
  api.user.setAppMetadata("roles", ["member"]).user.discardAppMetadata("trial");
  console.log(event.organization?.id, event.context.locale);
  // @ts-expect-error: the event is read-only.
  theirs.user_metadata.tags = [];
  // @ts-expect-error: JSON has no undefined.
  api.user.setUserMetadata("gone", undefined);
  // @ts-expect-error: an own name for the way arrays are joined.
  merge.recursive({}, {}, "zip");
};

// @ts-expect-error: what a hook returns would be lost.
export const returns: OnExecuteMerge = async () => ({ user_metadata: {} });

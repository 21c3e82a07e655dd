// A Conjoin policy, as three functions and as the lines of `conjoin policy run`. index.d.ts documents them.

import { answered } from "./lib/answer.js";
import { call } from "./lib/instance.js";
import { setting } from "./lib/setting.js";

export { PolicyEnded } from "./lib/ending.js";
export { describe } from "./lib/instance.js";

export const selectCandidates = (event, current, found) =>
  call(setting(event), (hooks) => hooks.selectCandidates(event, current, found)).answer;

export const merge = (event, primary, secondary) =>
  call(setting(event), (hooks) => hooks.merge(event, primary, secondary)).answer;

export const answer = (line) => answered(line);

export const decide = (question) => JSON.parse(answered(JSON.stringify(question)));

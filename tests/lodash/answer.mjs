// Answers merge cases from standard input, one JSON object a line: node answer.mjs lodash|joined
//
// Out: {"result":{"user_metadata":{…},"app_metadata":{…}}}, or {"thrown":"RangeError: …"} where lodash throws.
//
// `lodash` is the published sample's call. `joined` is written from the design's description of that policy, with lodash
// as the walker, and shares nothing with the policy's own code.

import { createInterface } from "node:readline";
import lodash from "lodash";

const arrayStrategies = {
  concat: (primary, secondary) => primary.concat(secondary),
  union: (primary, secondary) => lodash.unionWith(primary, secondary, lodash.isEqual),
  primary: (primary) => primary,
};

// lodash treats keys such as `__proto__`, `constructor` and `length` in its own ways; to `joined` they are keys like any
// other. With a letter in front of every key, they are to lodash too.
const rename = (rule) => function walk(json) {
  if (Array.isArray(json)) return json.map(walk);
  if (json === null || typeof json !== "object") return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [rule(key), walk(value)]));
};
const mark = rename((key) => `k${key}`);
const unmark = rename((key) => key.slice(1));

function join(primary, secondary, arrays) {
  const decide = (theirs, ours) => {
    if (theirs === undefined) return undefined;
    if (Array.isArray(theirs) && Array.isArray(ours)) return arrayStrategies[arrays](ours, theirs);
    if (lodash.isPlainObject(theirs) && lodash.isPlainObject(ours)) return undefined;
    return ours;
  };
  return unmark(lodash.mergeWith({}, mark(secondary), mark(primary), decide));
}

const policies = {
  lodash: (primary, secondary) => lodash.merge({}, secondary, primary),
  joined: (primary, secondary, bag, { arrays = "concat", app_metadata = "merge" }) =>
    bag === "app_metadata" && app_metadata === "keep-primary" ? primary : join(primary, secondary, arrays),
};

const merge = policies[process.argv[2]];

function answer(line) {
  const { primary, secondary, event } = JSON.parse(line);
  const bag = (name) => merge(primary[name] ?? {}, secondary[name] ?? {}, name, event?.settings ?? {});
  try {
    return JSON.stringify({ result: { user_metadata: bag("user_metadata"), app_metadata: bag("app_metadata") } });
  } catch (error) {
    return JSON.stringify({ thrown: String(error) });
  }
}

for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${answer(line)}\n`);

// What two values of one key become.

const { instant, json, merge } = require("conjoin-guest");

const RULES = {
  primary: (ours) => ours,
  merge: (ours, theirs) => join(ours, theirs, "union"),
  latest: (ours, theirs) => (isLater(theirs, ours) ? theirs : ours),
  earliest: (ours, theirs) => (isLater(ours, theirs) ? theirs : ours),
  deny: (ours, theirs) => (json.equal(ours, theirs) ? ours : undefined),
};

/** The value that stands; undefined where the rule forbids to choose. Throws for a rule that the settings' schema has not. */
exports.decide = (rule, ours, theirs) => {
  if (typeof rule.latest === "string") return latestBy(rule.latest, ours, theirs);
  if (!Object.hasOwn(RULES, rule)) throw new RangeError("the settings hold a rule that this policy does not know");
  return RULES[rule](ours, theirs);
};

/** A value of its own is a bag with one key, for which the library has the strategies. */
const join = (ours, theirs, arrays) => merge.recursive({ value: ours }, { value: theirs }, arrays).value;

function latestBy(key, ours, theirs) {
  return isLater(at(key, theirs), at(key, ours)) ? join(theirs, ours, "primary") : join(ours, theirs, "primary");
}

const at = (key, value) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined);

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is no time is never the later one. Numbers are compared with numbers only: whether they count seconds is unknown. */
function isLater(one, other) {
  const [ours, theirs] = [time(one), time(other)];
  if (ours === undefined || theirs === undefined) return ours !== undefined;
  return typeof one === typeof other && ours > theirs;
}

const time = (value) => (typeof value === "number" ? value : instant(value));

// What the component says of itself: the export `description`, completed from package.json.

import { isObject } from "./json/object.js";
import { plain } from "./json/plain.js";
import { stringify } from "./json/write.js";

const NAME = /^[a-z0-9-]{1,64}$/;
const CODE = /^[a-z0-9_-]{1,64}$/;
const KEYS = ["name", "version", "summary", "settingsSchema", "reasons"];
const NO_SETTINGS = { type: "object", additionalProperties: false };

/** Answers the contract's `description`. Throws a TypeError that names what is missing or wrong. */
export function description(exported = {}, manifest = {}) {
  demand(isObject(exported), "the export description is an object");
  const unknown = Object.keys(exported).find((key) => !KEYS.includes(key));
  demand(unknown === undefined, `description has no key ${unknown}; its keys are ${KEYS.join(", ")}`);
  const name = exported.name ?? manifest.name?.replace(/^@[^/]*\//, "");
  demand(
    typeof name === "string" && NAME.test(name),
    "description.name, or else name in package.json, is 1 to 64 of a-z, 0-9 and -",
  );
  return {
    name,
    version: text(exported.version ?? manifest.version, "version", "version"),
    summary: text(exported.summary ?? manifest.description, "summary", "description"),
    settingsSchema: schema(exported.settingsSchema ?? NO_SETTINGS),
    reasons: reasons(exported.reasons ?? {}),
  };
}

function text(value, key, elsewhere) {
  demand(isText(value), `description.${key}, or else ${elsewhere} in package.json, is a text`);
  return value;
}

function schema(value) {
  demand(isObject(value), "description.settingsSchema is a JSON Schema object");
  return stringify(plain(value, ["description", "settingsSchema"]));
}

/** `{code: {locale: text}}` to the contract's list. */
function reasons(byCode) {
  demand(isObject(byCode), "description.reasons is an object of codes");
  return Object.entries(byCode).flatMap(([code, byLocale]) => {
    demand(CODE.test(code), "a code in description.reasons is 1 to 64 of a-z, 0-9, _ and -");
    demand(isObject(byLocale) && isText(byLocale.en), `description.reasons: ${code} needs a text under en`);
    return Object.entries(byLocale).map(([locale, reason]) => {
      demand(isText(reason), `description.reasons: ${code} under ${locale} is a text`);
      return { code, locale, text: reason };
    });
  });
}

const isText = (value) => typeof value === "string" && value !== "" && value.isWellFormed();

function demand(holds, otherwise) {
  if (!holds) throw new TypeError(otherwise);
}

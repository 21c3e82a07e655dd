// A line's answer, as `conjoin policy run` writes it but for what it measures: `fuel` and `micros`.

import { digest } from "../policy/component.js";
import { PolicyEnded } from "./ending.js";
import { call, describe } from "./instance.js";
import { read, write } from "./json.js";
import { NotAllowed, patched } from "./patch.js";
import { question } from "./question.js";
import { setting } from "./setting.js";

/** The answer's text. Throws a TypeError or SyntaxError for a line that asks nothing. */
export function answered(line) {
  const asked = question(line);
  if (asked.hook === "describe") return described(describe());
  try {
    const { answer, log } = call(setting(asked.event), (hooks) => ask(hooks, asked));
    const fields = asked.hook === "merge" ? allowed(answer, asked.primary) : suggested(answer, asked.found);
    return object([...fields, ...said(log)]);
  } catch (error) {
    if (!(error instanceof PolicyEnded)) throw error;
    return object([...ended(error), ...said(error.log)]);
  }
}

const ask = (hooks, { hook, event, primary, secondary, current, found }) =>
  hook === "merge" ? hooks.merge(event, primary, secondary) : hooks.selectCandidates(event, current, found);

/** What the plan comes to, or that a host would not take it. */
function allowed(plan, primary) {
  try {
    return merged(plan, primary);
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    return ended({ code: "not-allowed", message: error.message });
  }
}

function merged(plan, primary) {
  const [user, app] = [
    patched("user_metadata", read(primary.userMetadata), plan.userMetadata),
    patched("app_metadata", read(primary.appMetadata), plan.appMetadata),
  ];
  const written = [
    ["user_metadata", write(user.patch)],
    ["app_metadata", write(app.patch)],
    ["discard_user_metadata", JSON.stringify(plan.discardUserMetadata)],
    ["discard_app_metadata", JSON.stringify(plan.discardAppMetadata)],
  ];
  const result = [
    ["user_metadata", write(user.result)],
    ["app_metadata", write(app.result)],
  ];
  return [
    ["plan", object(written)],
    ["result", object(result)],
  ];
}

/** Of those found, each at most once. */
function suggested(suggestions, found) {
  const left = new Set(found.map(({ userId }) => userId));
  const wrong = suggestions.find(({ userId }) => !left.delete(userId));
  if (wrong !== undefined) {
    const detail = `\`${[...wrong.userId].slice(0, 80).join("")}\` is not one of the candidates, or is suggested twice`;
    return ended({ code: "not-allowed", message: detail });
  }
  const list = suggestions.map(({ userId, primary, reason }) => ({ user_id: userId, primary, reason }));
  return [["suggestions", JSON.stringify(list)]];
}

function described({ name, version, summary, settingsSchema, reasons }) {
  const text = JSON.stringify;
  const description = [
    ["name", text(name)],
    ["version", text(version)],
    ["summary", text(summary)],
    ["settings_schema", write(read(settingsSchema))],
    ["reasons", text(reasons.map(({ code, locale, text }) => ({ code, locale, text })))],
  ];
  return object([
    ["description", object(description)],
    ["digest", text(digest)],
  ]);
}

function ended({ code, message, refusal }) {
  if (refusal !== undefined)
    return [["refused", JSON.stringify({ code: refusal.code, message: refusal.message })]];
  return [
    ["ended", JSON.stringify(code)],
    ["detail", JSON.stringify(message)],
  ];
}

function said({ entries, truncated }) {
  const fields = entries.length > 0 ? [["log", JSON.stringify(entries)]] : [];
  return truncated ? [...fields, ["log_truncated", "true"]] : fields;
}

/** Of keys and texts of JSON, in this order. */
const object = (fields) => `{${fields.map(([key, text]) => `"${key}":${text}`)}}`;

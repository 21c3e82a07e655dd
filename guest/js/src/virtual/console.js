// `console`: lines for the tenant's log, kept with the decision and cut at the tenant's limits. No metadata values in them.

const LEVELS = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error", trace: "debug" };

/** `log(level, text)` takes each line. */
export const virtualConsole = (log) =>
  Object.fromEntries(
    Object.entries(LEVELS).map(([method, level]) => [
      method,
      (...values) => log(level, values.map(show).join(" ").toWellFormed()),
    ]),
  );

/** Never throws: a line for the log must not end a decision. */
function show(value) {
  try {
    if (typeof value === "string") return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (typeof value !== "object" || value === null) return String(value);
    return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner));
  } catch {
    return Object.prototype.toString.call(value);
  }
}

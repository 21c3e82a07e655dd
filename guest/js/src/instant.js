// Times as the contract writes them.

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[\0-\x7f]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/**
 * Nanoseconds since 1970 as a BigInt; undefined for what is no RFC 3339 text. `Date.parse` takes much else for a time, and
 * each engine something different.
 *
 * The rule is the one of the other guest libraries: any ASCII character may stand in the place of the `T`, as RFC 3339 leaves open,
 * and a leap second, at the end of a month in UTC, is the nanosecond before the next.
 */
export function instant(text) {
  const parts = typeof text === "string" ? RFC_3339.exec(text) : null;
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const leap = second === 60;
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, leap ? 59 : second));
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const milliseconds = date.getTime() - offset(parts.slice(8));
  if (leap && !beginsMonth(new Date(milliseconds + 1000))) return undefined;
  const nanoseconds = leap ? 999_999_999n : BigInt((parts[7] ?? "").padEnd(9, "0").slice(0, 9));
  return BigInt(milliseconds) * 1_000_000n + nanoseconds;
}

const beginsMonth = (date) => date.getUTCDate() === 1 && date.getUTCHours() === 0 && date.getUTCMinutes() === 0;

/** In milliseconds. */
function offset([sign, hours, minutes]) {
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

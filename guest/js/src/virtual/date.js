// `Date` by the event's clock.

import { time } from "./moment.js";

/** Replaces the engine's Date, which it otherwise is. */
export function virtualDate(Native) {
  const VirtualDate = function Date(...parts) {
    if (new.target === undefined) return new Native(time()).toString();
    return Reflect.construct(Native, parts.length === 0 ? [time()] : parts, new.target);
  };
  Object.defineProperties(VirtualDate, {
    length: { value: Native.length, configurable: true },
    prototype: { value: Native.prototype, writable: false },
    now: { value: time, writable: true, configurable: true },
    parse: { value: Native.parse, writable: true, configurable: true },
    UTC: { value: Native.UTC, writable: true, configurable: true },
  });
  Native.prototype.constructor = VirtualDate;
  return VirtualDate;
}

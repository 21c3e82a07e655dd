// Puts what a policy may have in the place of what its component has not: clock, chance, output and an event loop would trap.
//
// Imported before a policy's first module, so that whatever a module keeps of them is already this.

import host from "conjoin:policy/host@1.0.0";

import { virtualConsole } from "./console.js";
import { virtualDate } from "./date.js";
import { VirtualPromise, enqueue } from "./promise.js";
import { random } from "./random.js";

const place = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });

place("Date", virtualDate(Date));
place("Promise", VirtualPromise);
place("queueMicrotask", enqueue);
place("console", virtualConsole(host.log));
Math.random = random;
// One answers a promise of the engine's own, whose jobs nobody runs; the other asks a clock that is not there.
delete Array.fromAsync;
delete globalThis.performance;

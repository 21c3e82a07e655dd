// JSON for policies: exact, and the same in every language of the guest libraries.

export { equal } from "./equal.js";
export { parse } from "./read.js";
export { stringify } from "./write.js";

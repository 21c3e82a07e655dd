// What a policy imports from "conjoin-guest". The hooks and their types are described in index.d.ts.

export { instant } from "./instant.js";
export * as json from "./json/index.js";
export * as merge from "./merge.js";
export * as primary from "./primary.js";

// The module that a component begins with. It exists in the bundler only.

import { fileURLToPath } from "node:url";

const ID = "\0conjoin-policy";

const source = (path) => JSON.stringify(fileURLToPath(new URL(`../src/${path}`, import.meta.url)));

/** Its name for the bundler, and the plugin that knows it. */
export const entryModule = {
  id: ID,
  plugin: (policy, manifest) => ({
    name: "conjoin-policy",
    resolveId: (id) => (id === ID ? ID : null),
    load: (id) => (id === ID ? text(policy, manifest) : null),
  }),
};

/** Of package.json, what the description can be completed from; the rest stays outside. */
const text = (policy, { name, version, description }) => `
import ${source("virtual/install.js")};
import * as policy from ${JSON.stringify(policy)};
import { hooks as component } from ${source("component.js")};
export const hooks = component(policy, ${JSON.stringify({ name, version, description })});
`;

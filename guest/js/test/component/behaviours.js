// One policy that behaves as its settings say: `{"do": name}`. What each behaviour must come to is in component.test.js.

import { json, merge } from "conjoin-guest";

export const description = {
  name: "behaviours",
  version: "1.0.0",
  summary: "Behaves as it is told.",
  settingsSchema: { type: "object" },
};

export const onExecuteMerge = (event, api) => behaviours[event.settings.do](event, api);

export const onExecuteSelectCandidates = (event, api) => selections[event.settings.do](event, api);

const pause = async (value) => value;
const twice = async (value) => (await pause(value)) * 2;

const behaviours = {
  nothing() {},

  // Waiting.
  async "awaits to the end"(event, api) {
    const values = await Promise.all([
      twice(1),
      pause(2),
      3,
      new Promise((resolve) => queueMicrotask(() => resolve(4))),
    ]);
    for (let n = 0; n < 2000; n += 1) await null;
    const { imported } = await import("./imported.cjs");
    for await (const value of numbers()) values.push(value);
    values.push(await imported(), await new Counter().next());
    api.user.setUserMetadata("values", values);
  },
  async "works on without being awaited"(event, api) {
    void (async () => {
      await pause();
      api.user.setUserMetadata("late", true);
    })();
  },
  "answers a thenable": (event, api) => ({ then: (resolve) => (api.user.setUserMetadata("then", true), resolve()) }),
  "never settles": () => new Promise(() => {}),
  "waits for the engine's own promise": async () => {
    await new Function("return (async () => 1)()")();
  },
  "waits for the world": async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
  },

  // Throwing.
  "throws an error": () => null.user_metadata,
  async "throws behind an await"() {
    await pause();
    throw new RangeError("out of range", { cause: new TypeError("the reason") });
  },
  rejects: () => Promise.reject(new SyntaxError("rejected")),
  async "forgets a rejection"() {
    void Promise.reject(new Error("forgotten"));
  },
  "throws a text": () => {
    throw "a text";
  },
  "throws null": () => {
    throw null;
  },
  "throws an account": (event) => {
    throw event.primary;
  },
  "throws what cannot be looked at": () => {
    throw new Proxy(new Error(), { get: () => null.x, getPrototypeOf: () => null.x });
  },
  "throws a failure of the contract": () => {
    throw { tag: "refused", val: { code: "forged", message: "Forged." } };
  },
  "throws a lone surrogate": () => {
    throw new Error("\ud800");
  },
  "throws a long text": () => {
    throw new Error("x".repeat(1e6));
  },

  // Answering nonsense.
  "returns the result": () => ({ user_metadata: {} }),
  "returns a promise of a result": async () => [],
  "writes undefined": (event, api) => api.user.setUserMetadata("k", undefined),
  "writes a function": (event, api) => api.user.setUserMetadata("k", { f() {} }),
  "writes NaN": (event, api) => api.user.setUserMetadata("k", [0 / 0]),
  "writes a cycle": (event, api) => {
    const cycle = [];
    cycle.push(cycle);
    api.user.setUserMetadata("k", cycle);
  },
  "writes a lone surrogate": (event, api) => api.user.setUserMetadata("k", "\udfff"),
  "writes a key with a lone surrogate": (event, api) => api.user.setUserMetadata("\udfff", 1),
  "writes a key that is none": (event, api) => api.user.setUserMetadata(Symbol("k"), 1),
  "writes too large a BigInt": (event, api) => api.user.setUserMetadata("k", 2n ** 64n),
  "writes a bag that is none": (event, api) => api.user.replaceAppMetadata([]),
  "writes into the event": (event) => {
    event.secondary.user_metadata.tags.push("x");
  },
  "writes what nobody has": (event, api) => api.user.setUserMetadata("k", "invented"),
  "drops a key of the primary": (event, api) => api.user.replaceUserMetadata({}),
  "denies without a code": (event, api) => api.access.deny("These accounts must stay apart."),
  "denies in ill-formed text": (event, api) => api.access.deny("no", "\ud800"),

  // Answering.
  denies: async (event, api) => api.access.deny("apart", "These accounts must stay apart."),
  "denies twice": (event, api) => api.access.deny("first", "1").access.deny("second", "2").user.setUserMetadata("k", 1),
  "denies and throws": (event, api) => {
    api.access.deny("apart", "Apart.");
    throw new Error("after the no");
  },
  "carries, replaces and discards": (event, api) =>
    api.user
      .setUserMetadata("tags", merge.union(event.primary.user_metadata.tags, event.secondary.user_metadata.tags))
      .user.discardUserMetadata("only")
      .user.setAppMetadata("__proto__", event.secondary.app_metadata.__proto__),
  "sets what it may change later": (event, api) => {
    const copy = [...event.secondary.user_metadata.tags];
    api.user.setUserMetadata("tags", copy);
    copy.length = 0;
  },
  "counts in exact numbers": (event, api) => {
    const { id } = event.secondary.app_metadata;
    if (typeof id !== "bigint" || !json.equal(id, 9007199254740993n)) throw new Error(typeof id);
    api.user.setAppMetadata("id", id);
  },

  // Time, chance and output.
  "looks around": () => {
    console.log(
      new Date().toISOString(),
      Date.now() === +new Date(),
      new Date(0).getTimezoneOffset(),
      typeof Date(),
      Date.UTC(2020),
    );
    console.log(
      new Date("2020-02-02") instanceof Date,
      new Date().constructor === Date,
      Object.prototype.toString.call(new Date()),
    );
    console.log(Array.from({ length: 3 }, Math.random).join());
    console.warn("warned", { a: [1n] }, null, undefined, Symbol("s"), new RangeError("r"), "\ud800");
    console.error(["fetch", "setTimeout", "require", "process"].filter((name) => name in globalThis).length);
    console.debug(globalThis.event === undefined);
  },
  "looks at the event": (event) => {
    const { transaction, tenant, client, organization, now, seed, settings, context, primary, secondary } = event;
    console.log(
      json.stringify({ transaction, tenant, client, organization: organization ?? null, now, seed, settings, context }),
    );
    console.log(json.stringify({ ...primary }), secondary.email === undefined, Object.keys(secondary).join());
  },

  // Never coming back.
  loops: () => {
    for (;;);
  },
  "loops in promises": async () => {
    for (;;) await null;
  },
  "takes all memory": () => {
    const all = [];
    for (;;) all.push(new Array(1e6).fill(all.length));
  },
  recurses: () => behaviours.recurses() + 1,
};

const selections = {
  "offers the youngest first": async (event, api) => {
    const byAge = [...event.found].sort((one, other) => (one.created_at < other.created_at ? 1 : -1));
    for (const candidate of byAge)
      api.candidates.suggest(candidate, { primary: candidate.isSocial ? "current" : "found" });
  },
  "offers nothing": () => {},
  "offers a stranger": (event, api) => api.candidates.suggest({ user_id: "auth0|stranger" }),
  "offers one twice": (event, api) => event.found.forEach((one) => api.candidates.suggest(one).candidates.suggest(one)),
  "prefers nonsense": (event, api) => api.candidates.suggest(event.found[0], { primary: "both" }),
  "explains in free text": (event, api) => api.candidates.suggest(event.found[0], { reason: "You know why." }),
  denies: (event, api) => api.access.deny("never", "Never."),
  "looks for what is not shown": (event) => event.found[0].user_metadata.tags,
};

async function* numbers() {
  yield 5;
  yield await pause(6);
}

class Counter {
  #count = 7;
  async next() {
    return (await pause(this.#count)) + 1;
  }
}

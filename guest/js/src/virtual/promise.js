// Promises whose jobs this library runs itself.
//
// A policy's component has no event loop: it must answer before it returns, and QuickJS would not run its promise jobs until
// then, so that everything behind an `await` would be lost without a word. The build turns `async` into generators over the
// global `Promise`; this one takes its place, and `settled` runs its jobs to the end.

const jobs = [];

const PENDING = "the hook waits for a promise that never settles: a policy cannot wait for anything outside itself";
const UNHEARD = "a promise was rejected and nothing awaits it";

/** Rejected, and nobody has asked. */
const unheard = new Set();

/** Runs a function once everything that is queued before it has run. */
export const enqueue = (job) => void jobs.push(job);

/**
 * Waits for what a function answered: runs every job, then tells what the promise came to, or throws what it was rejected
 * with. Throws an Error where the promise is still pending, and where another one was rejected and nobody asked.
 */
export function settled(value) {
  let outcome;
  VirtualPromise.resolve(value).then(
    (fulfilled) => (outcome = { fulfilled }),
    (rejected) => (outcome = { rejected }),
  );
  // By index: taking from the front of a long array costs its length.
  for (let next = 0; next < jobs.length; next += 1) jobs[next]();
  jobs.length = 0;
  const [floating] = unheard;
  unheard.clear();
  if (outcome === undefined) throw new Error(PENDING);
  if ("rejected" in outcome) throw outcome.rejected;
  if (floating !== undefined) throw new Error(UNHEARD, { cause: floating.reason });
  return outcome.fulfilled;
}

/** The standard's Promise, with the queue above. */
export class VirtualPromise {
  #state = "pending";
  #result;
  #reactions = [];

  constructor(executor) {
    if (typeof executor !== "function") throw new TypeError("Promise resolver is not a function");
    const { resolve, reject } = this.#resolvers();
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  get reason() {
    return this.#result;
  }

  get [Symbol.toStringTag]() {
    return "Promise";
  }

  static get [Symbol.species]() {
    return this;
  }

  then(onFulfilled, onRejected) {
    const next = this.constructor[Symbol.species].withResolvers();
    const react = () => follow(this.#state === "fulfilled" ? onFulfilled : onRejected, this.#state, this.#result, next);
    unheard.delete(this);
    if (this.#state === "pending") this.#reactions.push(react);
    else enqueue(react);
    return next.promise;
  }

  catch(onRejected) {
    return this.then(undefined, onRejected);
  }

  finally(onFinally) {
    if (typeof onFinally !== "function") return this.then(onFinally, onFinally);
    const after = (value) => this.constructor.resolve(onFinally()).then(value);
    return this.then(
      (value) => after(() => value),
      (reason) =>
        after(() => {
          throw reason;
        }),
    );
  }

  /** Only the first call of either counts. */
  #resolvers() {
    let isDone = false;
    const once = (act) => (value) => {
      if (isDone) return;
      isDone = true;
      act(value);
    };
    return {
      resolve: once((value) => this.#resolve(value)),
      reject: once((reason) => this.#settle("rejected", reason)),
    };
  }

  #resolve(value) {
    if (value === this) return this.#settle("rejected", new TypeError("a promise cannot wait for itself"));
    try {
      const then = isObjectOrFunction(value) ? value.then : undefined;
      if (typeof then !== "function") return this.#settle("fulfilled", value);
      enqueue(() => this.#adopt(value, then));
    } catch (error) {
      this.#settle("rejected", error);
    }
  }

  #adopt(thenable, then) {
    const { resolve, reject } = this.#resolvers();
    try {
      then.call(thenable, resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  #settle(state, result) {
    this.#state = state;
    this.#result = result;
    if (state === "rejected" && this.#reactions.length === 0) unheard.add(this);
    this.#reactions.forEach(enqueue);
    this.#reactions = [];
  }

  static resolve(value) {
    if (value instanceof VirtualPromise && value.constructor === this) return value;
    return new this((resolve) => resolve(value));
  }

  static reject(reason) {
    return new this((_, reject) => reject(reason));
  }

  static withResolvers() {
    const resolvers = {};
    resolvers.promise = new this((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
    return resolvers;
  }

  static try(act, ...values) {
    return new this((resolve) => resolve(act(...values)));
  }

  static all(values) {
    return collect(this, values, (keep, reject) => [keep, reject]);
  }

  static allSettled(values) {
    return collect(this, values, (keep) => [
      (value) => keep({ status: "fulfilled", value }),
      (reason) => keep({ status: "rejected", reason }),
    ]);
  }

  static any(values) {
    const errors = collect(this, values, (keep, reject) => [reject, keep]);
    return errors.then(
      (all) => {
        throw new AggregateError(all, "all promises were rejected");
      },
      (first) => first,
    );
  }

  static race(values) {
    return new this((resolve, reject) => {
      for (const value of values) this.resolve(value).then(resolve, reject);
    });
  }
}

const isObjectOrFunction = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

/** What a reaction does to the promise that `then` answered. */
function follow(handler, state, result, { resolve, reject }) {
  if (typeof handler !== "function") return state === "fulfilled" ? resolve(result) : reject(result);
  try {
    return resolve(handler(result));
  } catch (error) {
    return reject(error);
  }
}

/** A promise for what all of `values` come to, in their order. `react` tells the two handlers of each. */
function collect(Constructor, values, react) {
  return new Constructor((resolve, reject) => {
    const results = [];
    let left = 1;
    const done = () => (left -= 1) === 0 && resolve(results);
    for (const value of values) {
      const at = left - 1;
      const keep = (result) => {
        results[at] = result;
        done();
      };
      left += 1;
      Constructor.resolve(value).then(...react(keep, reject));
    }
    done();
  });
}

// What a built component exports. The build writes the few lines that call this.

import { failure } from "./failure.js";
import { merge, read, selectCandidates } from "./policy.js";
import { begin } from "./virtual/moment.js";
import { settled } from "./virtual/promise.js";

/** The contract's interface `hooks` for a policy's module. Every exception is caught: out of here it would be a trap without a text. */
export function hooks(module, manifest) {
  const policy = read(module, manifest);
  const answer = (question, record, ...accounts) => {
    try {
      begin(record);
      const asked = question(policy, record, ...accounts);
      return asked.answer(settled(asked.ask()));
    } catch (thrown) {
      throw failure(thrown);
    }
  };
  return {
    describe: () => policy.description,
    selectCandidates: (record, current, found) => answer(selectCandidates, record, current, found),
    merge: (record, primary, secondary) => answer(merge, record, primary, secondary),
  };
}

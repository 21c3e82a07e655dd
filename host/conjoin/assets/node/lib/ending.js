// How a call ends without an answer, by the names and in the words of the host's engine.

/** Thrown by an import that a policy must not call, or not so. */
export class Stop extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

/** What a call throws that gives no answer. */
export class PolicyEnded extends Error {
  name = "PolicyEnded";

  constructor({ code, detail, refusal }, log) {
    super(detail);
    this.code = code;
    this.refusal = refusal;
    this.log = log;
  }
}

/** What was thrown, by its name. The transpiled code wraps a `failure` of the contract; a trap is an error of the engine's. */
export function ending(thrown) {
  const { tag, val } = thrown?.payload ?? {};
  if (tag === "refused") return { code: "refused", detail: `the policy refused: ${val.code}`, refusal: val };
  if (tag === "broken") return { code: "broken", detail: `the policy broke: ${val}` };
  if (thrown instanceof Stop) return { code: thrown.code, detail: thrown.message };
  if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError)
    return { code: "trapped", detail: `the policy trapped: ${trap(thrown)}` };
  return { code: "malformed", detail: `the policy's answer is malformed: ${thrown?.message ?? thrown}` };
}

/** Node tells traps apart by their texts only. */
const TRAPS = [
  [/unreachable/, "it panicked or aborted"],
  [/memory/, "it accessed memory out of bounds, perhaps by recursing too deep"],
  [/table|signature|null function/, "it called a function that is not there"],
  [/zero|overflow|unrepresentable/, "it divided by zero or overflowed"],
];

function trap(error) {
  if (error instanceof RangeError) return "it recursed too deep";
  return TRAPS.find(([text]) => text.test(error.message))?.[1] ?? "it broke a rule of WebAssembly";
}

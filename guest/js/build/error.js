/** Why a policy cannot be built, for its author: without a stack. */
export class BuildError extends Error {
  name = "BuildError";
}

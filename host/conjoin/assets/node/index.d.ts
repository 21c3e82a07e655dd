/** A Conjoin policy in Node.js: the same component that a host runs, asked in this process. README.md says what that is good for, and what only a host does. */

/** JSON text of an object. */
export type JsonText = string;

/** One way to sign in to an account. */
export interface Identity {
  connection: string;
  provider: string;
  /** Without the provider. */
  userId: string;
  isSocial: boolean;
  /** An object. */
  profile: JsonText;
}

/** The contract's `account`. */
export interface Account {
  userId: string;
  email?: string;
  emailVerified: boolean;
  /** RFC 3339. */
  createdAt?: string;
  lastLogin?: string;
  loginsCount: number;
  identities: Identity[];
  profile: JsonText;
  userMetadata: JsonText;
  appMetadata: JsonText;
}

/** The contract's `candidate`: what may be known of an account before anyone has proven that it is theirs. */
export interface Candidate {
  userId: string;
  connection: string;
  provider: string;
  isSocial: boolean;
  createdAt?: string;
  lastLogin?: string;
  loginsCount: number;
}

/** The contract's `event`. The same event and accounts give the same answer, always. */
export interface Event {
  transactionId: string;
  tenant: string;
  clientId: string;
  organization?: string;
  /** RFC 3339, UTC. The policy's only clock. */
  now: string;
  /** 32 hexadecimal digits. Its only source of chance. */
  seed: string;
  settings: JsonText;
  context: JsonText;
}

/** The contract's `plan`: RFC 6902 patches against the primary's bags, and pointers to the secondary's keys that are left behind. */
export interface Plan {
  userMetadata: JsonText;
  appMetadata: JsonText;
  discardUserMetadata: string[];
  discardAppMetadata: string[];
}

/** The contract's `suggestion`. */
export interface Suggestion {
  userId: string;
  /** Which account survives. */
  primary: "current" | "found";
  /** The code of one of the description's reasons, or empty. */
  reason: string;
}

/** The contract's `description`. */
export interface Description {
  name: string;
  version: string;
  summary: string;
  /** JSON Schema 2020-12. */
  settingsSchema: JsonText;
  reasons: { code: string; locale: string; text: string }[];
}

/** What a policy said during a call. It may hold personal data. */
export interface Log {
  entries: { level: "debug" | "info" | "warn" | "error"; message: string }[];
  /** Whether something was cut. */
  truncated: boolean;
}

/** Thrown by a call that gives no answer: then nothing may be linked. */
export class PolicyEnded extends Error {
  /** `refused`, `broken`, `trapped`, `waited`, `exited`, `misused` or `malformed`. */
  readonly code: string;
  /** The policy's own no, where it is one. */
  readonly refusal?: { code: string; message: string };
  readonly log: Log;
}

/** What the policy says of itself. */
export function describe(): Description;

/** Of the accounts found, which to offer, best first. Throws a PolicyEnded, and a TypeError for an event whose time or seed is none. */
export function selectCandidates(event: Event, current: Account, found: Candidate[]): Suggestion[];

/** How the secondary's metadata goes into the primary's: as the policy said it, unchecked. Throws a PolicyEnded, and a TypeError for an event whose time or seed is none. */
export function merge(event: Event, primary: Account, secondary: Account): Plan;

/** A partial case: what is left out has the default that the format of cases states, so that two users as Auth0 gives them are enough. */
export interface Case {
  hook?: "merge" | "select-candidates" | "describe";
  event?: object;
  primary?: object;
  secondary?: object;
  current?: object;
  found?: object[];
  [key: string]: unknown;
}

/** What comes of a case: `plan` and `result`, or `suggestions`, or `refused`, or `ended` and `detail`, or `description`. */
export interface Answer {
  plan?: {
    user_metadata: { op: string; path: string; value?: unknown }[];
    app_metadata: { op: string; path: string; value?: unknown }[];
    discard_user_metadata: string[];
    discard_app_metadata: string[];
  };
  /** The primary's bags with the patches applied. */
  result?: { user_metadata: Record<string, unknown>; app_metadata: Record<string, unknown> };
  suggestions?: { user_id: string; primary: "current" | "found"; reason: string }[];
  refused?: { code: string; message: string };
  ended?: string;
  detail?: string;
  description?: { name: string; version: string; summary: string; settings_schema: object; reasons: object[] };
  digest?: string;
  log?: Log["entries"];
  log_truncated?: boolean;
}

/**
 * What the policy decides. Numbers are JavaScript's: for integers beyond `Number.MAX_SAFE_INTEGER`, use `answer`.
 *
 * Throws a TypeError or SyntaxError for what is no case.
 */
export function decide(question: Case): Answer;

/**
 * The same on JSON text, which loses nothing: byte for byte what `conjoin policy run` answers, but for `fuel` and `micros`, which only the host measures, for
 * the guards, and for where in its text a malformed patch is wrong.
 *
 * Throws a TypeError or SyntaxError for a line that the host answers with `error`.
 */
export function answer(line: string): string;

/** What a Conjoin policy in JavaScript or TypeScript is written against. Start with README.md beside this file. */

/** A JSON value. An integer beyond `Number.MAX_SAFE_INTEGER` arrives as a BigInt, since a double would change it. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;

/** A JSON object, such as a metadata bag. What comes with an event is frozen at every depth: copy what you want to change. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** One way to sign in to an account. */
export interface Identity {
  /** The connection's name in the tenant: `Username-Password-Authentication`, `google-oauth2`. */
  readonly connection: string;
  /** The strategy: `auth0`, `google-oauth2`, `samlp`. */
  readonly provider: string;
  /** Without the provider: `1001` of `google-oauth2|1001`. */
  readonly user_id: string;
  readonly isSocial: boolean;
  /** What the identity provider said of the person. */
  readonly profileData: JsonObject;
}

/** What the policy may know of an account before its owner has signed in to it: no address, no profile, no metadata. */
export interface Candidate {
  readonly user_id: string;
  readonly connection: string;
  readonly provider: string;
  readonly isSocial: boolean;
  /** RFC 3339; undefined where the tenant gives none. See `instant`. */
  readonly created_at?: string;
  /** RFC 3339. */
  readonly last_login?: string;
  readonly logins_count: number;
}

/** An account whose owner has signed in to it in this transaction: a user as Auth0 Actions know it. */
export interface Account {
  /** Whole: `auth0|ada`, `samlp|acme|hopper`. */
  readonly user_id: string;
  readonly email?: string;
  readonly email_verified: boolean;
  /** RFC 3339; undefined where the tenant gives none. See `instant`. */
  readonly created_at?: string;
  /** RFC 3339; the sign-in of this transaction may be the last. */
  readonly last_login?: string;
  readonly logins_count: number;
  /** The account's own identity first, then those already linked into it. */
  readonly identities: readonly Identity[];
  /** `{}` where the tenant has none. The person can often edit it: do not trust it for authority. */
  readonly user_metadata: JsonObject;
  /** `{}` where the tenant has none. Applications often read permissions from it. */
  readonly app_metadata: JsonObject;
  /** Every other root attribute as the tenant gave it: `name`, `phone_number`, `blocked`... */
  readonly [attribute: string]: unknown;
}

/** What both hooks are told, whatever they are asked. The same event gives the same answer, always. */
export interface Event<Settings = JsonObject> {
  readonly transaction: { readonly id: string };
  /** The tenant's name in the host's configuration. */
  readonly tenant: { readonly id: string };
  readonly client: { readonly client_id: string };
  /** When the session belongs to one. */
  readonly organization?: { readonly id: string };
  /** RFC 3339, UTC. The only clock: `Date` says the same. */
  readonly now: string;
  /** 32 hexadecimal digits. The only source of chance: `Math.random` is seeded with it. */
  readonly seed: string;
  /** The tenant's settings, valid under `description.settingsSchema`. */
  readonly settings: Settings;
  /** What else is known. New keys appear over time. */
  readonly context: {
    readonly locale?: string;
    readonly begun_by?: "page" | "action";
    /** The user id of the session's account. */
    readonly current?: string;
    readonly [key: string]: Json | undefined;
  };
}

/** The first argument of `onExecuteMerge`. */
export interface MergeEvent<Settings = JsonObject> extends Event<Settings> {
  /** The account that survives. */
  readonly primary: Account;
  /** The account whose metadata Auth0 drops at linking. */
  readonly secondary: Account;
}

/** The first argument of `onExecuteSelectCandidates`. */
export interface SelectCandidatesEvent<Settings = JsonObject> extends Event<Settings> {
  /** The account that the person is signed in to. */
  readonly current: Account;
  /** What the host found under the same verified address. None of them is proven yet. */
  readonly found: readonly Candidate[];
}

/** The policy's own no. */
export interface Access<Api> {
  /**
   * Ends the link, whatever else the hook says. The first call counts; the hook runs on.
   *
   * @param code For machines: 1 to 64 of a-z, 0-9, _ and -.
   * @param message For the person: plain text, cut at 300 characters, shown only once both accounts are proven.
   */
  deny(code: string, message: string): Api;
}

/**
 * The second argument of `onExecuteMerge`.
 *
 * Each bag of the result begins as the primary's, with the keys that only the secondary has. A first-level key that both have
 * keeps the primary's value. A first-level key of which nothing is written is named as discarded, and the person sees it before
 * agreeing. A key counts as carried when anything at or beneath it is written: whoever takes over a part of an object leaves the
 * rest behind silently.
 *
 * A value is copied when it is handed over. What JSON cannot say (undefined, NaN, functions, objects of a class, cycles, lone
 * surrogates) is a TypeError that names the place.
 */
export interface MergeApi {
  readonly user: {
    /** Sets a first-level key of `user_metadata`. */
    setUserMetadata(key: string, value: Json): MergeApi;
    /** Sets a first-level key of `app_metadata`. */
    setAppMetadata(key: string, value: Json): MergeApi;
    /** Makes `user_metadata` exactly this: what a strategy of `merge` answers, for example. */
    replaceUserMetadata(bag: JsonObject): MergeApi;
    /** Makes `app_metadata` exactly this. */
    replaceAppMetadata(bag: JsonObject): MergeApi;
    /** Leaves the secondary's value of a first-level key behind. */
    discardUserMetadata(key: string): MergeApi;
    /** Leaves the secondary's value of a first-level key behind. */
    discardAppMetadata(key: string): MergeApi;
  };
  readonly access: Access<MergeApi>;
}

/** Which account survives: the one signed in, or the one found. */
export type Side = "current" | "found";

/** The second argument of `onExecuteSelectCandidates`. Without a call of `suggest`, nothing is offered. */
export interface SelectCandidatesApi {
  readonly candidates: {
    /**
     * Offers an account of `event.found`, best first.
     *
     * @param options.primary Which account survives (`current`). The host may forbid `found`; then `current` is taken.
     * @param options.reason The code of one of `description.reasons` (none).
     */
    suggest(candidate: Candidate, options?: { primary?: Side; reason?: string }): SelectCandidatesApi;
  };
  readonly access: Access<SelectCandidatesApi>;
}

/** What `async` functions answer, and plain ones. Nothing but `api` may be returned: it would be lost. */
type Returned<Api> = void | Api | Promise<void | Api>;

/** The export `onExecuteMerge`: how the secondary's metadata goes into the primary's. Required. */
export type OnExecuteMerge<Settings = JsonObject> = (event: MergeEvent<Settings>, api: MergeApi) => Returned<MergeApi>;

/** The export `onExecuteSelectCandidates`: which accounts to offer. Without it all are, and the signed-in account survives. */
export type OnExecuteSelectCandidates<Settings = JsonObject> = (
  event: SelectCandidatesEvent<Settings>,
  api: SelectCandidatesApi,
) => Returned<SelectCandidatesApi>;

/** The export `description`. What it leaves out is taken from package.json. */
export interface Description {
  /** 1 to 64 of a-z, 0-9 and -. By default the package's name, without its scope. */
  name?: string;
  /** By default the package's. */
  version?: string;
  /** One sentence for the people who choose a policy. By default the package's description. */
  summary?: string;
  /** JSON Schema 2020-12 of `event.settings`. By default no setting is allowed. */
  settingsSchema?: JsonObject;
  /** Texts that may be shown with a suggestion, by code and by locale (BCP 47). Every code needs an `en` text. */
  reasons?: Record<string, { en: string; [locale: string]: string }>;
}

/** Merge strategies: what a bag becomes. */
export namespace merge {
  /**
   * What two arrays at the same place become: the primary's items then the secondary's, the same with each value only where it
   * occurs first, or the primary's array as it is.
   */
  type Arrays = "concat" | "union" | "primary";

  /**
   * Both bags in one: keys that only one side has are kept, objects on both sides are merged key by key, arrays on both sides
   * become what `arrays` says (`concat`), and in every other conflict the primary's value stands, `null` included. What it
   * answers can be changed at its first level; beneath, it is frozen like the event that it comes from.
   */
  function recursive(primary: JsonObject, secondary: JsonObject, arrays?: Arrays): Record<string, Json>;

  /** The items of both arrays, each value where it occurs first and nowhere else. `1` is `1.0`, and key order does not count. */
  function union(primary: readonly Json[], secondary: readonly Json[]): Json[];
}

/** Which of two accounts survives. */
export namespace primary {
  /**
   * The account that was created first; on a tie, the one whose `user_id` sorts first. An account of unknown age is never the
   * older one.
   */
  function oldest(current: Account, candidate: Candidate): Side;
}

/** JSON that loses nothing. */
export namespace json {
  /** Whether two values are the same JSON value: numbers by what they are worth, object keys in any order. */
  function equal(one: Json, other: Json): boolean;
  /** As `JSON.parse`, but large integers as BigInts and the answer frozen. */
  function parse(text: string): Json;
  /** As `JSON.stringify` of a JSON value, which cannot write BigInts. */
  function stringify(value: Json): string;
}

/** Nanoseconds since 1970; undefined for what is no RFC 3339 text. Date and time may be parted by a space or any other ASCII character. */
export function instant(text: unknown): bigint | undefined;

declare global {
  /** Lines for the tenant's log, kept with the decision and cut at the tenant's limits. Put no metadata values into them. */
  interface Console {
    debug(...values: unknown[]): void;
    log(...values: unknown[]): void;
    info(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    error(...values: unknown[]): void;
  }
  var console: Console;
}

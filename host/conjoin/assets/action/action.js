"use strict";
/**
 * Sends people who sign in to any application, and have another account of the same verified e-mail address, to Conjoin, where they can join the two.
 * How to install it: README.md, beside this file.
 *
 * Whatever goes wrong, the sign-in goes on as if this Action were not there. The one exception: when the account that signs in may just have become part of another one, and
 * nobody can tell yet, it is refused, since a token for an account that is about to go would be worth nothing.
 *
 * @import { Event, PostLoginAPI } from "@auth0/actions/post-login/v3"
 */

const { randomUUID } = require("node:crypto");

/** What the two tokens are for, so that neither can be used as the other. */
const LINK = "conjoin-link";
const RETURN = "conjoin-return";

/** The key of `app_metadata` that holds when to ask again. */
const ASK_AFTER = "conjoin_ask_after";

const DAY = 24 * 60 * 60 * 1000;

/** How many days a person is left alone who said "not now". The secret ASK_AGAIN_DAYS says otherwise. */
const ASK_AGAIN_DAYS = 30;

/** How many days nobody looks again where there was nothing to join. Whoever signs up elsewhere meanwhile is asked there. */
const LOOK_AGAIN_DAYS = 1;

/** Seconds that the session token is good for: a redirect. */
const TOKEN_LIFETIME = 120;

/** Milliseconds since the sign-in. One that the tenant's session answered is no proof that the person is there, and Conjoin would not take it. */
const FRESH = 5 * 60 * 1000;

/** Milliseconds that Conjoin may take to answer, how often it is asked, and the pause between. */
const PATIENCE = 8000;
const ATTEMPTS = 2;
const PAUSE = 3000;

/** Milliseconds for all of it. An Action has 20 seconds, with what it does before and after and with the Actions beside it. */
const LONGEST = 16000;

/**
 * @param {Event} event
 * @param {PostLoginAPI} api
 */
exports.onExecutePostLogin = async (event, api) => {
  const { CONJOIN_URL, CONJOIN_SECRET, CONJOIN_CLIENT_ID } = event.secrets;
  if (!CONJOIN_URL || !CONJOIN_SECRET || !CONJOIN_CLIENT_ID) {
    console.log("Conjoin: CONJOIN_URL, CONJOIN_SECRET or CONJOIN_CLIENT_ID is missing in the secrets");
    return;
  }
  // Signing in to Conjoin itself must not lead to Conjoin, and some protocols cannot redirect.
  if (event.client.client_id === CONJOIN_CLIENT_ID || !api.redirect.canRedirect()) return;
  const signedInAt = timeOfSignIn(event);
  const isFresh = Date.now() - signedInAt <= FRESH;
  if (!event.user.email || event.user.email_verified !== true || !isFresh || isAskedLater(event)) return;
  try {
    const session_token = api.redirect.encodeToken({
      secret: CONJOIN_SECRET,
      expiresInSeconds: TOKEN_LIFETIME,
      payload: {
        // A token is good once. Two sign-ins of one second would have the same one without it.
        jti: randomUUID(),
        purpose: LINK,
        auth_time: Math.floor(signedInAt / 1000),
        mfa: methods(event).some((method) => method.name === "mfa"),
        email: event.user.email,
        connection: event.connection?.name,
        organization: event.organization?.id,
      },
    });
    api.redirect.sendUserTo(new URL("/action/link", CONJOIN_URL).href, { query: { session_token } });
  } catch (error) {
    console.log(`Conjoin: nobody is sent there: ${error.message}`);
  }
};

/**
 * @param {Event} event
 * @param {PostLoginAPI} api
 */
exports.onContinuePostLogin = async (event, api) => {
  const answer = readAnswer(event, api);
  switch (answer?.outcome) {
    case "agreed":
      return complete(event, api, answer);
    case "declined":
      return askAfter(api, askAgainDays(event));
    case "nothing":
      return askAfter(api, LOOK_AGAIN_DAYS);
  }
};

/** What Conjoin sent the browser back with; undefined when it sent nothing that is ours, of this sign-in, and of this account. */
function readAnswer(event, api) {
  try {
    // Compares `state` too, which ties the token to this very sign-in.
    const answer = api.redirect.validateToken({ secret: event.secrets.CONJOIN_SECRET, tokenParameterName: "session_token" });
    if (answer.purpose === RETURN && answer.sub === event.user.user_id) return answer;
    console.log("Conjoin: the answer is for somebody else");
  } catch (error) {
    console.log(`Conjoin: no answer: ${error.message}`);
  }
}

/** Has the agreement carried out, and signs the person in as whoever they are then. */
async function complete(event, api, { link, plan, primary_user_id: expected }) {
  const current = event.user.user_id;
  const result = await carryOut(event, { link, plan, user_id: current });
  if (result.outcome === "linked") {
    // No metadata beside it: what is set together with the primary user is discarded.
    if (result.primary_user_id !== current) api.authentication.setPrimaryUser(result.primary_user_id);
    return;
  }
  console.log(`Conjoin: ${result.outcome}${result.reason ? `: ${result.reason}` : ""}`);
  if (result.outcome !== "not_linked" && expected !== current) {
    api.access.deny("Your accounts are being joined. Please sign in again in a minute.");
  }
}

/** What became of an agreement: `linked`, `not_linked`, or `under_way` when nobody can tell. Asking twice is harmless. */
async function carryOut(event, agreement) {
  const end = Date.now() + LONGEST;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    try {
      const response = await fetch(new URL("/action/complete", event.secrets.CONJOIN_URL), {
        method: "POST",
        headers: { authorization: `Bearer ${event.secrets.CONJOIN_SECRET}`, "content-type": "application/json" },
        body: JSON.stringify(agreement),
        redirect: "error",
        signal: AbortSignal.timeout(Math.max(1, Math.min(PATIENCE, end - Date.now()))),
      });
      if (response.status === 200) return await response.json();
      // Refused before anything was looked at. Later the work may have begun, whoever refuses: a proxy for one.
      if (attempt === 0 && response.status >= 400 && response.status < 500) return { outcome: "not_linked", reason: `status ${response.status}` };
    } catch (error) {
      console.log(`Conjoin: asking failed: ${error.message}`);
    }
  }
  return { outcome: "under_way" };
}

/** When the person signed in, in milliseconds; NaN when the tenant does not say. A second factor alone is not a sign-in to the account. */
function timeOfSignIn(event) {
  const first = methods(event).filter(({ name }) => name !== "mfa" && !String(name).includes(":"));
  const times = first.map(({ timestamp }) => Date.parse(timestamp)).filter(Number.isFinite);
  return times.length > 0 ? Math.max(...times) : NaN;
}

function methods(event) {
  return event.authentication?.methods ?? [];
}

function isAskedLater(event) {
  return Date.parse(event.user.app_metadata?.[ASK_AFTER]) > Date.now();
}

function askAgainDays(event) {
  const days = Number(event.secrets.ASK_AGAIN_DAYS);
  return days > 0 ? days : ASK_AGAIN_DAYS;
}

function askAfter(api, days) {
  api.user.setAppMetadata(ASK_AFTER, new Date(Date.now() + days * DAY).toISOString());
}

"use strict";
/** What an Action is called with, and what it asked for: `api` notes every call. */

const USER = "google-oauth2|1001";

exports.SECRETS = { CONJOIN_URL: "https://accounts.example.com", CONJOIN_SECRET: "a".repeat(32), CONJOIN_CLIENT_ID: "conjoin" };

/** A fresh sign-in by Google to some application, with changes. */
exports.event = (changes = {}) => ({
  authentication: { methods: [{ name: "federated", timestamp: new Date().toISOString() }] },
  client: { client_id: "app" },
  connection: { name: "google-oauth2" },
  secrets: exports.SECRETS,
  user: { user_id: USER, email: "ada@example.com", email_verified: true, app_metadata: {} },
  ...changes,
});

/** `answer` is what the browser brought back: the claims of a valid token, or an error. */
exports.api = ({ canRedirect = true, answer = new Error("no token") } = {}) => {
  const calls = [];
  const note = (name) => (...parameters) => void calls.push([name, ...parameters]);
  return {
    calls,
    access: { deny: note("deny") },
    authentication: { setPrimaryUser: note("setPrimaryUser") },
    redirect: {
      canRedirect: () => canRedirect,
      encodeToken: (token) => (calls.push(["encodeToken", token]), "token"),
      sendUserTo: note("sendUserTo"),
      validateToken: (asked) => {
        calls.push(["validateToken", asked]);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    user: { setAppMetadata: note("setAppMetadata"), setUserMetadata: note("setUserMetadata") },
  };
};

/** The names of what was asked for. */
exports.asked = (api) => api.calls.map(([name]) => name).filter((name) => name !== "validateToken");

exports.agreed = (changes = {}) => ({
  purpose: "conjoin-return",
  outcome: "agreed",
  sub: USER,
  link: "0".repeat(32),
  plan: "1".repeat(64),
  primary_user_id: "auth0|ada",
  ...changes,
});

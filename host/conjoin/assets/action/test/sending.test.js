"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { onExecutePostLogin } = require("../action.js");
const { SECRETS, api, asked, event } = require("./tenant.js");

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

async function run(changes, tenant) {
  const called = api(tenant);
  await onExecutePostLogin(event(changes), called);
  return called;
}

test("a fresh sign-in is sent to Conjoin with a token that says what it is for and when it was", async () => {
  const called = await run();
  assert.deepEqual(asked(called), ["encodeToken", "sendUserTo"]);
  const [, { secret, expiresInSeconds, payload }] = called.calls[0];
  assert.equal(secret, SECRETS.CONJOIN_SECRET);
  assert.ok(expiresInSeconds <= 120);
  assert.equal(payload.purpose, "conjoin-link");
  assert.equal(payload.mfa, false);
  assert.ok(Math.abs(payload.auth_time - Date.now() / 1000) < 5);
  assert.deepEqual(called.calls[1], ["sendUserTo", "https://accounts.example.com/action/link", { query: { session_token: "token" } }]);
});

test("two sign-ins of one second have a token each", async () => {
  const [one, other] = [await run(), await run()].map((called) => called.calls[0][1].payload.jti);
  assert.ok(one && one !== other, `${one}, ${other}`);
});

test("a second factor is told, and does not make an old sign-in a fresh one", async () => {
  const mfa = { name: "mfa", timestamp: ago(0) };
  const fresh = await run({ authentication: { methods: [{ name: "pwd", timestamp: ago(20) }, mfa] } });
  assert.equal(fresh.calls[0][1].payload.mfa, true);
  const old = await run({ authentication: { methods: [{ name: "pwd", timestamp: ago(4000) }, mfa] } });
  assert.deepEqual(asked(old), []);
});

const left = {
  "Conjoin's own sign-in": [{ client: { client_id: "conjoin" } }],
  "a protocol that cannot redirect": [{}, { canRedirect: false }],
  "an address that is not verified": [{ user: { user_id: "auth0|eve", email: "eve@example.com", email_verified: false, app_metadata: {} } }],
  "an account without an address": [{ user: { user_id: "sms|1", app_metadata: {} } }],
  "a sign-in that the tenant's session answered": [{ authentication: { methods: [{ name: "pwd", timestamp: ago(3600) }] } }],
  "a sign-in of which nobody knows when it was": [{ authentication: undefined }],
  "a missing secret": [{ secrets: { ...SECRETS, CONJOIN_SECRET: "" } }],
  "an address of Conjoin that is none": [{ secrets: { ...SECRETS, CONJOIN_URL: "accounts" } }],
};
for (const [what, [changes, tenant]] of Object.entries(left)) {
  test(`${what} goes on undisturbed`, async () => {
    const called = await run(changes, tenant);
    assert.ok(!asked(called).includes("sendUserTo"));
    assert.ok(!asked(called).includes("deny"));
  });
}

test("whoever said not now is left alone until the day", async () => {
  const user = (time) => ({ user: { ...event().user, app_metadata: { conjoin_ask_after: time } } });
  assert.deepEqual(asked(await run(user(ago(-3600)))), []);
  assert.deepEqual(asked(await run(user(ago(3600)))), ["encodeToken", "sendUserTo"]);
  assert.deepEqual(asked(await run(user("some day"))), ["encodeToken", "sendUserTo"]);
});

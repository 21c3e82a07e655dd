"use strict";
const assert = require("node:assert/strict");
const { createServer } = require("node:http");
const { test } = require("node:test");
const { onContinuePostLogin } = require("../action.js");
const { SECRETS, agreed, api, asked, event } = require("./tenant.js");

/** Runs `body` beside a Conjoin that answers with each of `answers` in turn, and says what it was asked. */
async function beside(answers, body) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    requests.push({ url: request.url, authorization: request.headers.authorization, body: JSON.parse(text) });
    const [status, answer] = answers[Math.min(requests.length, answers.length) - 1];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${server.address().port}`;
    await body({ ...SECRETS, CONJOIN_URL: url }, requests);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function comeBack(answer, secrets = SECRETS) {
  const called = api({ answer });
  await onContinuePostLogin(event({ secrets }), called);
  return called;
}

test("an agreement is carried out, and the surviving account signs in", async () => {
  await beside([[200, { outcome: "linked", primary_user_id: "auth0|ada" }]], async (secrets, requests) => {
    const called = await comeBack(agreed(), secrets);
    assert.deepEqual(called.calls.slice(1), [["setPrimaryUser", "auth0|ada"]]);
    assert.deepEqual(requests, [
      {
        url: "/action/complete",
        authorization: `Bearer ${SECRETS.CONJOIN_SECRET}`,
        body: { link: "0".repeat(32), plan: "1".repeat(64), user_id: "google-oauth2|1001" },
      },
    ]);
  });
});

test("an account that stays who it is needs no primary", async () => {
  const primary_user_id = "google-oauth2|1001";
  await beside([[200, { outcome: "linked", primary_user_id }]], async (secrets) => {
    assert.deepEqual(asked(await comeBack(agreed({ primary_user_id }), secrets)), []);
  });
});

test("what takes longer is asked once more", async () => {
  const answers = [
    [202, { outcome: "under_way" }],
    [200, { outcome: "linked", primary_user_id: "auth0|ada" }],
  ];
  await beside(answers, async (secrets, requests) => {
    assert.deepEqual(asked(await comeBack(agreed(), secrets)), ["setPrimaryUser"]);
    assert.equal(requests.length, 2);
  });
});

for (const [what, answers] of Object.entries({ "is under way still": [[202, { outcome: "under_way" }]], "cannot be told": [[503, {}]] })) {
  test(`a link that ${what} refuses an account that may be gone, and lets one in that stays`, async () => {
    await beside(answers, async (secrets) => {
      assert.deepEqual(asked(await comeBack(agreed(), secrets)), ["deny"]);
      assert.deepEqual(asked(await comeBack(agreed({ primary_user_id: "google-oauth2|1001" }), secrets)), []);
    });
  });
}

test("a Conjoin that is not there is a link that cannot be told", async () => {
  let secrets;
  await beside([], async (known) => void (secrets = known));
  assert.deepEqual(asked(await comeBack(agreed(), secrets)), ["deny"]);
});

for (const answer of [[200, { outcome: "not_linked", reason: "changed" }], [401, {}], [404, {}]]) {
  test(`after ${JSON.stringify(answer)} the sign-in goes on as before`, async () => {
    await beside([answer], async (secrets, requests) => {
      assert.deepEqual(asked(await comeBack(agreed(), secrets)), []);
      assert.equal(requests.length, 1);
    });
  });
}

test("not now and nothing to join are stamped, a failure is not", async () => {
  const days = (called) => (Date.parse(called.calls[1][2]) - Date.now()) / (24 * 60 * 60 * 1000);
  const declined = await comeBack(agreed({ outcome: "declined" }));
  assert.deepEqual(declined.calls[1].slice(0, 2), ["setAppMetadata", "conjoin_ask_after"]);
  assert.equal(Math.round(days(declined)), 30);
  assert.equal(Math.round(days(await comeBack(agreed({ outcome: "declined" }), { ...SECRETS, ASK_AGAIN_DAYS: "7" }))), 7);
  assert.equal(Math.round(days(await comeBack(agreed({ outcome: "nothing" })))), 1);
  assert.deepEqual(asked(await comeBack(agreed({ outcome: "failed" }))), []);
});

for (const [what, answer] of Object.entries({
  "no token, or one that is forged, old or of another sign-in": new Error("The session token is invalid"),
  "a token for something else": agreed({ purpose: "conjoin-link" }),
  "a token for another account": agreed({ sub: "auth0|mallory" }),
})) {
  test(`${what} is nothing`, async () => {
    await beside([[200, { outcome: "linked", primary_user_id: "auth0|mallory" }]], async (secrets, requests) => {
      assert.deepEqual(asked(await comeBack(answer, secrets)), []);
      assert.deepEqual(requests, []);
    });
  });
}

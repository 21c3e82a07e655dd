// The Express application that Auth0's page describes, in Chromium: each request that the page leads to, as the tenant gets it.
import assert from "node:assert/strict";
import { asked, base, browser, enter, link, managed, open, signIn, text, user } from "./chromium.mjs";
import { dev, finish, issuer, operation } from "./report.mjs";

const ADA = "/api/v2/users/auth0%7Cada";
const GOOGLE = "/api/v2/users/google-oauth2%7C1001";

const line = ({ method, path, status }) => `${method} ${path} ${status}`;
const lines = (calls) => managed(calls).map(line);
const authorization = (calls) => calls.find((call) => call.path === "/authorize").query;
const page = await open();

await operation("sign-in: an ID token by a posted form", async () => {
    await signIn(page, "ada@example.com");
    const calls = await asked();
    const { nonce, state, ...rest } = authorization(calls);
    assert.ok(nonce);
    assert.equal(JSON.parse(Buffer.from(state, "base64url")).returnTo, "/user");
    assert.deepEqual(rest, {
        client_id: "conjoin-dev",
        redirect_uri: `${base}/callback`,
        response_type: "id_token",
        response_mode: "form_post",
        scope: "openid profile email",
    });
    const tokens = calls.filter((call) => call.path === "/oauth/token");
    const expected = {
        client_id: "conjoin-dev",
        client_secret: "[redacted]",
        grant_type: "client_credentials",
        audience: `${issuer}api/v2/`,
    };
    assert.ok(tokens.length > 0);
    for (const { body } of tokens) assert.deepEqual(body, expected);
    // The two are asked for at once.
    assert.deepEqual(lines(calls).sort(), ["GET /api/v2/users 200", `GET ${ADA} 200`]);
    const { q, search_engine } = calls.find((call) => call.path === "/api/v2/users").query;
    assert.equal(q, 'email:"ada@example.com" AND email_verified:true -user_id:"auth0|ada"');
    assert.equal(search_engine, "v3");
});

await operation("suggestion: verified accounts of the address, with their metadata", async () => {
    const suggested = await text(page, "#suggested");
    assert.match(suggested, /other registered users with same verified e-mail address: ada@example\.com\./);
    for (const shown of ["github|1002", "google-oauth2|1001", '"onboarded": true', "AppAdmin"]) assert.ok(suggested.includes(shown), shown);
    assert.ok(!suggested.includes("facebook|1003") && !suggested.includes("auth0|ada"), suggested);
    assert.match(await text(page, "#linked"), /You don't have any accounts linked\./);
});

await operation("another account than the chosen one links nothing", async () => {
    await link(page, "google-oauth2|1001", "linus@example.com");
    await page.waitForFunction(() => document.body.innerText.includes("Skipping account linking"));
    assert.match(
        await text(page, "#linked p"),
        /^Skipping account linking as authenticated user is different from target linking user\.$/,
    );
    assert.ok(lines(await asked()).every((call) => call.startsWith("GET ")));
    await page.reload();
    assert.match(await text(page, "#linked p"), /^You don't have any accounts linked\.$/, "told once");
});

await operation("link: the second sign-in, both accounts read, the metadata written, then the link", async () => {
    await asked();
    await link(page, "google-oauth2|1001", "ada@example.com");
    await page.waitForSelector('form[action="/link/delete"]');
    const calls = await asked();
    const { nonce, state, ...rest } = authorization(calls);
    assert.ok(nonce && state);
    assert.deepEqual(rest, {
        client_id: "conjoin-dev",
        redirect_uri: `${base}/link/callback`,
        response_type: "id_token",
        response_mode: "form_post",
        scope: "openid profile email",
        max_age: "0",
        login_hint: "ada@example.com",
        connection: "google-oauth2",
    });
    const made = managed(calls).slice(0, 4);
    const [first, second, ...writes] = made.map(line);
    assert.deepEqual([first, second].sort(), [`GET ${ADA} 200`, `GET ${GOOGLE} 200`]);
    assert.deepEqual(writes, [`PATCH ${ADA} 200`, `POST ${ADA}/identities 201`]);
    // Arrays by index: the primary's "en" and "fr" stand over "fr" and "de", and its "Admin" over "AppAdmin".
    assert.deepEqual(made[2].body, {
        user_metadata: {
            theme: "dark",
            languages: ["en", "fr"],
            address: { city: "London", country: "GB", postcode: "W1J 7QY" },
            newsletter: { weekly: true },
            favorites: [
                { kind: "book", id: 17 },
                { kind: "paper", id: 4 },
            ],
            onboarded: true,
        },
        app_metadata: {
            roles: ["Admin"],
            plan: "pro",
            features: { export: true, beta: true },
            quota: { projects: 5 },
        },
    });
    const { link_with: proof, ...others } = made[3].body;
    assert.deepEqual(others, {});
    const claims = JSON.parse(Buffer.from(proof.split(".")[1], "base64url"));
    assert.deepEqual([claims.sub, claims.aud], ["google-oauth2|1001", "conjoin-dev"]);

    assert.match(await text(page, "#linked table"), /google-oauth2\s+1001\s+google-oauth2/);
    assert.deepEqual(await identities(), ["auth0|ada", "google-oauth2|1001"]);
    assert.equal(await user("google-oauth2|1001"), undefined);
    assert.equal(calls.filter((call) => call.path === "/oauth/token").length, 0, "the first token is kept");
});

await operation("unlink: the identity by provider and id", async () => {
    await page.click('form[action="/link/delete"] button');
    await page.waitForFunction(() => document.body.innerText.includes("You don't have any accounts linked."));
    assert.equal(lines(await asked())[0], `DELETE ${ADA}/identities/google-oauth2/1001 200`);
    assert.deepEqual(await identities(), ["auth0|ada"]);
    const separated = await user("google-oauth2|1001");
    assert.deepEqual([separated.user_metadata, separated.app_metadata], [undefined, undefined]);
    const primary = await user("auth0|ada");
    assert.equal(primary.user_metadata.onboarded, true, "what came with it stays");
});

await operation("a link that fails leaves the other account's metadata behind, and no word of it", async () => {
    await dev("PUT", "faults", [{ method: "POST", path: "/api/v2/users/*/identities", times: 1, status: 500 }]);
    await link(page, "github|1002", "ada@example.com");
    await page.waitForFunction(() => document.body.innerText.includes("You don't have any accounts linked."));
    const written = lines(await asked()).filter((call) => !call.startsWith("GET "));
    assert.deepEqual(written, [`PATCH ${ADA} 200`, `POST ${ADA}/identities 500`]);
    const primary = await user("auth0|ada");
    assert.deepEqual([primary.user_metadata.editor, primary.identities.length], ["vim", 1]);
});

await operation("sign-out: at the tenant too", async () => {
    await page.click('a[href="/logout"]');
    await page.waitForSelector('form[action="/login"]');
    const leaving = (await asked()).find((call) => call.path === "/v2/logout");
    assert.deepEqual(leaving.query, { client_id: "conjoin-dev", returnTo: base });
    await page.click('form[action="/login"] button');
    await enter(page, "grace@example.com");
    assert.match(await text(page, "#profile"), /grace@example\.com/);
});

async function identities() {
    const { identities } = await user("auth0|ada");
    return identities.map(({ provider, user_id }) => `${provider}|${user_id}`);
}

await browser.close();
finish();

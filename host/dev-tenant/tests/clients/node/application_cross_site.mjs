// The same application at a tenant of another site, where real ones are unless they have a custom domain: the posted callback comes without the session.
import assert from "node:assert/strict";
import { asked, browser, link, managed, open, signIn, text, user } from "./chromium.mjs";
import { finish, operation } from "./report.mjs";

const page = await open();

await operation("sign-in works: it needs no session", async () => {
    await signIn(page, "ada@example.com");
    assert.match(await text(page, "#profile"), /"user_id": "auth0\|ada"/);
});

await operation("nothing is linked, and the session has become the other account's, without a word", async () => {
    await asked();
    await link(page, "google-oauth2|1001", "ada@example.com");
    await page.waitForFunction(() => document.body.innerText.includes('"user_id": "google-oauth2|1001"'));
    const calls = await asked();
    assert.ok(managed(calls).every((call) => call.method === "GET"));
    assert.equal(calls.filter((call) => call.path === "/authorize").length, 2, "its own sign-in, and one that nobody asked for");
    assert.equal((await user("auth0|ada")).identities.length, 1);
});

await browser.close();
finish();

// `@auth0/auth0-spa-js`, unmodified, in Chromium: redirect, popup, silent authentication in a frame, rotating refresh tokens, errors.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import { once } from "node:events";
import path from "node:path";
import puppeteer from "puppeteer-core";
import { dev, domain, finish, operation } from "./report.mjs";

const library = path.join(path.dirname(createRequire(import.meta.url).resolve("@auth0/auth0-spa-js")), "..");
const production = await readFile(path.join(library, "auth0-spa-js.production.js"));
const page_html = '<!doctype html><title>spa</title><button id="popup">popup</button><script src="/auth0.js"></script>';

const keys = { cert: await readFile(process.env.APP_CERTIFICATE), key: await readFile(process.env.APP_KEY) };
const server = createServer(keys, (request, response) => {
    const script = request.url === "/auth0.js";
    response.setHeader("content-type", script ? "text/javascript" : "text/html");
    response.end(script ? production : page_html);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const base = `https://localhost:${server.address().port}`;

const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    // The clients in Node and Python trust the tenant's authority; for Chromium that would need a trust store of its own.
    acceptInsecureCerts: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

/** A page of a browser that knows nothing. */
async function open() {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(base);
    return page;
}

/** Makes a client in the page, as an application does at each load. */
async function client(page, options = {}) {
    await page.waitForFunction(() => window.auth0 !== undefined);
    await page.evaluate(
        async (domain, options) => {
            const authorizationParams = { redirect_uri: window.location.origin, ...options.authorizationParams };
            window.client = await auth0.createAuth0Client({
                domain,
                clientId: "conjoin-spa",
                authorizeTimeoutInSeconds: 60,
                httpTimeoutInSeconds: 60,
                ...options,
                authorizationParams,
            });
        },
        domain,
        options,
    );
}

async function enter(page, username) {
    await page.waitForSelector("#username");
    await page.type("#username", username);
    await page.type("#password", "correct-horse");
    await page.click('form[action="/u/login"] button');
}

async function signIn(page, options, parameters = {}) {
    await client(page, options);
    const leaving = page.waitForNavigation();
    await page.evaluate((authorizationParams) => window.client.loginWithRedirect({ authorizationParams }), parameters).catch(() => {});
    await leaving;
    await enter(page, "ada@example.com");
    await page.waitForFunction(() => window.location.search.includes("code="));
    await client(page, options);
    await page.evaluate(() => window.client.handleRedirectCallback());
}

await operation("redirect with a code, and the person", async () => {
    const page = await open();
    await signIn(page);
    const user = await page.evaluate(() => window.client.getUser());
    assert.deepEqual([user.sub, user.email], ["auth0|ada", "ada@example.com"]);
});

await operation("silent authentication in a frame", async () => {
    const page = await open();
    await signIn(page);
    const token = await page.evaluate(() => window.client.getTokenSilently({ cacheMode: "off" }));
    assert.equal(typeof token, "string");
    const calls = await dev("GET", "calls");
    const framed = calls.findLast((call) => call.path.startsWith("/authorize?"));
    const asked = new URL(framed.path, base).searchParams;
    assert.deepEqual([asked.get("response_mode"), asked.get("prompt"), framed.status], ["web_message", "none", 200]);
});

await operation("silent authentication without a session: login_required", async () => {
    const page = await open();
    await client(page);
    const error = await page.evaluate(() => window.client.getTokenSilently().catch((error) => error.error));
    assert.equal(error, "login_required");
});

await operation("a popup", async () => {
    const page = await open();
    await client(page);
    const opened = new Promise((resolve) => page.once("popup", resolve));
    await page.evaluate(() => {
        document.querySelector("#popup").onclick = () => {
            window.result = window.client.loginWithPopup({ authorizationParams: { max_age: 0 } }).then(
                () => window.client.getIdTokenClaims(),
                (error) => ({ error: error.message }),
            );
        };
    });
    await page.click("#popup");
    await enter(await opened, "grace@example.com");
    const claims = await page.evaluate(() => window.result);
    assert.equal(claims.sub, "auth0|grace", JSON.stringify(claims));
    assert.equal(typeof claims.auth_time, "number");
});

await operation("rotating refresh tokens", async () => {
    const options = { useRefreshTokens: true, cacheLocation: "localstorage" };
    const page = await open();
    await signIn(page, options);
    const stored = () =>
        page.evaluate(() => {
            const entries = Object.values(localStorage).map((value) => JSON.parse(value).body?.refresh_token);
            return entries.find((token) => token !== undefined);
        });
    const first = await stored();
    await page.evaluate(() => window.client.getTokenSilently({ cacheMode: "off" }));
    const second = await stored();
    assert.ok(first && second && first !== second);
    const calls = await dev("GET", "calls");
    const refreshed = calls.filter((call) => call.path === "/oauth/token" && call.body?.grant_type === "refresh_token");
    assert.equal(refreshed.at(-1).status, 200);
    // Used a second time, the first token ends the whole family.
    const form = { grant_type: "refresh_token", client_id: "conjoin-spa" };
    const post = (refresh_token) =>
        fetch(`https://${domain}/oauth/token`, { method: "POST", body: new URLSearchParams({ ...form, refresh_token }) });
    assert.equal((await post(first)).status, 403);
    assert.equal((await post(second)).status, 403);
});

await operation("a token for the Management API with a person's scopes", async () => {
    const page = await open();
    const audience = `https://${domain}/api/v2/`;
    const scope = "read:current_user update:current_user_identities";
    await signIn(page, { authorizationParams: { audience, scope } });
    const answer = await page.evaluate(async (audience) => {
        const token = await window.client.getTokenSilently();
        const { sub } = await window.client.getUser();
        const url = `${audience}users/${encodeURIComponent(sub)}`;
        const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
        return { status: response.status, user: await response.json() };
    }, audience);
    assert.deepEqual([answer.status, answer.user.user_id], [200, "auth0|ada"]);
});

await operation("sign-out", async () => {
    const page = await open();
    await signIn(page);
    const leaving = page.waitForNavigation();
    await page.evaluate(() => window.client.logout({ logoutParams: { returnTo: window.location.origin } })).catch(() => {});
    await leaving;
    await page.waitForFunction((base) => window.location.href.startsWith(base), {}, base);
    await client(page);
    const error = await page.evaluate(() => window.client.getTokenSilently().catch((error) => error.error));
    assert.equal(error, "login_required");
});

await browser.close();
server.closeAllConnections();
server.close();
finish();

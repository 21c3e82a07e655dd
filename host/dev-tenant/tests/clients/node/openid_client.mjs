// `openid-client`, unmodified: discovery, every response mode and type that applications use, silent authentication, sign-out.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { Person } from "./person.mjs";
import { dev, failure, finish, issuer, mailedCode, operation } from "./report.mjs";

const secret = "conjoin-dev-secret";
const redirect_uri = "http://localhost:13100/callback";
const toCallback = { stop: (url) => url.startsWith(redirect_uri) };
const config = await oidc.discovery(new URL(issuer), "conjoin-dev", secret);

async function request(more = {}) {
    const verifier = oidc.randomPKCECodeVerifier();
    const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
    const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri,
        scope: "openid profile email",
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        ...more,
    });
    return { url: url.href, checks };
}

async function signIn(username, more, person = new Person(), extra = {}) {
    const { url, checks } = await request(more);
    const landed = await person.signIn(url, username, toCallback);
    return oidc.authorizationCodeGrant(config, landed.url, { ...checks, ...extra });
}

await operation("discovery", async () => {
    const server = config.serverMetadata();
    assert.equal(server.issuer, issuer);
    assert.ok(server.end_session_endpoint.endsWith("/oidc/logout"));
});

await operation("code with PKCE, by query", async () => {
    const tokens = await signIn("ada@example.com");
    assert.equal(tokens.claims().sub, "auth0|ada");
    const person = await oidc.fetchUserInfo(config, tokens.access_token, "auth0|ada");
    assert.equal(person.email, "ada@example.com");
});

await operation("HTTP Basic", async () => {
    const basic = await oidc.discovery(new URL(issuer), "conjoin-dev", undefined, oidc.ClientSecretBasic(secret));
    const { url, checks } = await request();
    const landed = await new Person().signIn(url, "ada@example.com", toCallback);
    assert.equal((await oidc.authorizationCodeGrant(basic, landed.url, checks)).claims().sub, "auth0|ada");
});

await operation("hybrid: code and id_token, in the fragment", async () => {
    const hybrid = await oidc.discovery(new URL(issuer), "conjoin-dev", secret);
    oidc.useCodeIdTokenResponseType(hybrid);
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(hybrid, { redirect_uri, scope: "openid", state, nonce });
    const landed = await new Person().signIn(url.href, "ada@example.com", toCallback);
    const checks = { expectedState: state, expectedNonce: nonce };
    assert.equal((await oidc.authorizationCodeGrant(hybrid, landed.url, checks)).claims().sub, "auth0|ada");
});

await operation("implicit: id_token alone", async () => {
    const implicit = await oidc.discovery(new URL(issuer), "conjoin-dev", secret);
    oidc.useIdTokenResponseType(implicit);
    const nonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(implicit, { redirect_uri, scope: "openid email", nonce });
    const landed = await new Person().signIn(url.href, "ada@example.com", toCallback);
    const claims = await oidc.implicitAuthentication(implicit, landed.url, nonce);
    assert.deepEqual([claims.sub, claims.email], ["auth0|ada", "ada@example.com"]);
});

await operation("form_post", async () => {
    const { url, checks } = await request({ response_mode: "form_post" });
    const person = new Person();
    const page = await person.open(url);
    const answer = await person.submit(page, "username", { username: "ada@example.com", password: "correct-horse" });
    const fields = [...answer.html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const body = new URLSearchParams(fields.map(([, name, value]) => [name, value]));
    const posted = new Request(redirect_uri, { method: "POST", body });
    assert.equal((await oidc.authorizationCodeGrant(config, posted, checks)).claims().sub, "auth0|ada");
});

await operation("prompt=none: login_required, then silent", async () => {
    const person = new Person();
    const silent = await request({ prompt: "none" });
    const refused = await person.open(silent.url, toCallback);
    const error = await failure(() => oidc.authorizationCodeGrant(config, refused.url, silent.checks));
    assert.equal(error.error, "login_required");
    await signIn("ada@example.com", {}, person);
    const again = await request({ prompt: "none" });
    const landed = await person.open(again.url, toCallback);
    assert.equal((await oidc.authorizationCodeGrant(config, landed.url, again.checks)).claims().sub, "auth0|ada");
});

await operation("prompt=login and max_age ask again, and say when", async () => {
    const person = new Person();
    await signIn("ada@example.com", {}, person);
    for (const more of [{ prompt: "login" }, { max_age: "0" }]) {
        const tokens = await signIn("ada@example.com", more, person, { maxAge: 30 });
        assert.equal(typeof tokens.claims().auth_time, "number");
    }
});

await operation("login_hint fills the form", async () => {
    const { url } = await request({ login_hint: "ada@example.com" });
    assert.match((await new Person().open(url)).html, /value="ada@example.com"/);
});

await operation("connection leads to the provider, which may answer without asking", async () => {
    const person = new Person();
    await signIn("1001", { connection: "google-oauth2" }, person);
    const asks = await request({ connection: "google-oauth2", prompt: "login" });
    assert.match((await person.open(asks.url, toCallback)).html, /name="password"/);
    await dev("PUT", "oidc", { silent_upstream: true });
    try {
        const silent = await request({ connection: "google-oauth2", prompt: "login" });
        const landed = await person.open(silent.url, toCallback);
        const tokens = await oidc.authorizationCodeGrant(config, landed.url, { ...silent.checks, maxAge: 30 });
        assert.equal(tokens.claims().sub, "google-oauth2|1001");
    } finally {
        await dev("PUT", "oidc", {});
    }
});

await operation("a mailed code signs in, and always asks", async () => {
    const person = new Person();
    const email = "code@example.com";
    const { url, checks } = await request({ connection: "email" });
    const page = await person.submit(await person.open(url), "email", { email });
    const landed = await person.submit(page, "code", { code: await mailedCode(email) }, toCallback);
    const tokens = await oidc.authorizationCodeGrant(config, landed.url, checks);
    assert.match(tokens.claims().sub, /^email\|/);
    const again = await request({ connection: "email" });
    assert.match((await person.open(again.url, toCallback)).html, /name="email"/);
});

await operation("screen_hint=signup makes a new person", async () => {
    const person = new Person();
    const { url, checks } = await request({ screen_hint: "signup" });
    const page = await person.open(url);
    const entered = { email: "brand-new@example.com", password: "a-Password-1" };
    const landed = await person.submit(page, "email", entered, toCallback);
    const claims = (await oidc.authorizationCodeGrant(config, landed.url, checks)).claims();
    assert.deepEqual([claims.email, claims.email_verified], ["brand-new@example.com", false]);
});

await operation("a second factor, asked for by acr_values", async () => {
    const acr_values = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";
    const person = new Person();
    const { url, checks } = await request({ acr_values });
    const page = await person.signIn(url, "ada@example.com", toCallback);
    const code = /id="shown-code">(\d+)</.exec(page.html)[1];
    const landed = await person.submit(page, "code", { code }, toCallback);
    const claims = (await oidc.authorizationCodeGrant(config, landed.url, checks)).claims();
    assert.deepEqual([claims.amr, claims.acr], [["mfa"], acr_values]);
});

await operation("organization: a stranger is refused", async () => {
    const { url, checks } = await request({ organization: "org_ApolloGuidance01" });
    const landed = await new Person().signIn(url, "ada@example.com", toCallback);
    const error = await failure(() => oidc.authorizationCodeGrant(config, landed.url, checks));
    assert.equal(error.error, "access_denied");
});

await operation("cancelling comes back as access_denied", async () => {
    const { url, checks } = await request();
    const person = new Person();
    const page = await person.open(url);
    const state = page.url.searchParams.get("state");
    const landed = await person.open(`${issuer}u/cancel?state=${state}`, toCallback);
    const error = await failure(() => oidc.authorizationCodeGrant(config, landed.url, checks));
    assert.equal(error.error, "access_denied");
});

await operation("refresh and revoke", async () => {
    const tokens = await signIn("ada@example.com", { scope: "openid offline_access" });
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(renewed.claims().sub, "auth0|ada");
    await oidc.tokenRevocation(config, tokens.refresh_token);
    const error = await failure(() => oidc.refreshTokenGrant(config, tokens.refresh_token));
    assert.equal(error.error, "invalid_grant");
});

await operation("pushed authorization request", async () => {
    const { url, checks } = await request();
    const parameters = Object.fromEntries(new URL(url).searchParams);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, parameters);
    const landed = await new Person().signIn(pushed.href, "ada@example.com", toCallback);
    assert.equal((await oidc.authorizationCodeGrant(config, landed.url, checks)).claims().sub, "auth0|ada");
});

await operation("keys rotate under a running client", async () => {
    await signIn("ada@example.com");
    await dev("POST", "rotate-keys", { keep_previous: true });
    assert.equal((await signIn("ada@example.com")).claims().sub, "auth0|ada");
});

await operation("sign-out, by the provider's own endpoint and by /v2/logout", async () => {
    const person = new Person();
    const silent = async () => {
        const { url } = await request({ prompt: "none" });
        return (await person.open(url, toCallback)).url.searchParams.get("error");
    };
    const tokens = await signIn("ada@example.com", {}, person);
    const post_logout_redirect_uri = "http://localhost:13100/";
    const out = oidc.buildEndSessionUrl(config, { post_logout_redirect_uri, id_token_hint: tokens.id_token, state: "s" });
    const landed = await person.open(out.href, { stop: (url) => url.startsWith(post_logout_redirect_uri) });
    assert.equal(landed.url.searchParams.get("state"), "s");
    assert.equal(await silent(), "login_required");
    await signIn("ada@example.com", {}, person);
    const legacy = new URLSearchParams({ client_id: "conjoin-dev", returnTo: post_logout_redirect_uri });
    await person.open(`${issuer}v2/logout?${legacy}`, { stop: (url) => url.startsWith(post_logout_redirect_uri) });
    assert.equal(await silent(), "login_required");
    const elsewhere = new URLSearchParams({ client_id: "conjoin-dev", returnTo: "https://evil.example/" });
    assert.equal((await person.open(`${issuer}v2/logout?${elsewhere}`)).status, 400);
});

finish();

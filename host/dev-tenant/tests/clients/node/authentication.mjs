// The authentication client of the npm package `auth0` (since its version 7 under `auth0/legacy`), unmodified.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { AuthenticationClient, ManagementClient, UserInfoClient } from "auth0/legacy";
import { Person } from "./person.mjs";
import { domain, failure, finish, issuer, mailedCode, operation } from "./report.mjs";

const app = { domain, clientId: "conjoin-dev", clientSecret: "conjoin-dev-secret" };
const auth = new AuthenticationClient(app);
const redirect_uri = "http://localhost:13100/callback";
const toCallback = { stop: (url) => url.startsWith(redirect_uri) };

function authorizeUrl(more) {
    const parameters = { response_type: "code", client_id: app.clientId, redirect_uri, scope: "openid profile email", ...more };
    return `${issuer}authorize?${new URLSearchParams(parameters)}`;
}

async function code(username, more, person = new Person()) {
    const landed = await person.signIn(authorizeUrl(more), username, toCallback);
    return landed.url.searchParams.get("code");
}

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

await operation("oauth.clientCredentialsGrant", async () => {
    const { data } = await auth.oauth.clientCredentialsGrant({ audience: `${issuer}api/v2/` });
    assert.equal(data.token_type, "Bearer");
    assert.equal(data.expires_in, 86400);
});

await operation("oauth.clientCredentialsGrant: no such API", async () => {
    const error = await failure(() => auth.oauth.clientCredentialsGrant({ audience: "https://nowhere.example/" }));
    assert.deepEqual([error.statusCode, error.error], [403, "access_denied"]);
});

await operation("oauth: a wrong secret", async () => {
    const wrong = new AuthenticationClient({ ...app, clientSecret: "wrong" });
    const error = await failure(() => wrong.oauth.clientCredentialsGrant({ audience: `${issuer}api/v2/` }));
    assert.deepEqual([error.statusCode, error.error, error.error_description], [401, "access_denied", "Unauthorized"]);
});

let refreshToken;
await operation("oauth.authorizationCodeGrant", async () => {
    const given = await code("ada@example.com", { scope: "openid profile email offline_access", nonce: "n-1" });
    const { data } = await auth.oauth.authorizationCodeGrant({ code: given, redirect_uri }, { idTokenValidateOptions: { nonce: "n-1" } });
    assert.equal(claims(data.id_token).sub, "auth0|ada");
    refreshToken = data.refresh_token;
    const person = await new UserInfoClient({ domain }).getUserInfo(data.access_token);
    assert.deepEqual([person.data.sub, person.data.email_verified], ["auth0|ada", true]);
});

await operation("oauth.authorizationCodeGrant: a code a second time, and another callback", async () => {
    const given = await code("ada@example.com");
    const elsewhere = "http://localhost:13100/link/callback";
    const mismatch = await failure(() => auth.oauth.authorizationCodeGrant({ code: given, redirect_uri: elsewhere }));
    assert.deepEqual([mismatch.statusCode, mismatch.error], [403, "invalid_grant"]);
    const spent = await failure(() => auth.oauth.authorizationCodeGrant({ code: given, redirect_uri }));
    assert.deepEqual(
        [spent.statusCode, spent.error, spent.error_description],
        [403, "invalid_grant", "Invalid authorization code"],
    );
});

await operation("oauth.authorizationCodeGrantWithPKCE", async () => {
    const code_verifier = randomBytes(32).toString("base64url");
    const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
    const pkce = { code_challenge, code_challenge_method: "S256" };
    const good = await code("grace@example.com", pkce);
    const { data } = await auth.oauth.authorizationCodeGrantWithPKCE({ code: good, code_verifier, redirect_uri });
    assert.equal(claims(data.id_token).sub, "auth0|grace");
    const other = await code("grace@example.com", pkce);
    const wrong = { code: other, code_verifier: "x".repeat(43), redirect_uri };
    const error = await failure(() => auth.oauth.authorizationCodeGrantWithPKCE(wrong));
    assert.deepEqual([error.statusCode, error.error_description], [403, "Failed to verify code verifier"]);
});

await operation("max_age and auth_time are validated", async () => {
    const given = await code("ada@example.com", { max_age: "0" });
    const options = { idTokenValidateOptions: { maxAge: 60 } };
    const { data } = await auth.oauth.authorizationCodeGrant({ code: given, redirect_uri }, options);
    assert.equal(typeof claims(data.id_token).auth_time, "number");
});

await operation("organization", async () => {
    const given = await code("hamilton@example.com", { organization: "apollo" });
    const options = { idTokenValidateOptions: { organization: "org_ApolloGuidance01" } };
    const { data } = await auth.oauth.authorizationCodeGrant({ code: given, redirect_uri }, options);
    assert.equal(claims(data.id_token).org_id, "org_ApolloGuidance01");
});

await operation("oauth.refreshTokenGrant", async () => {
    const { data } = await auth.oauth.refreshTokenGrant({ refresh_token: refreshToken });
    assert.equal(claims(data.id_token).sub, "auth0|ada");
    assert.equal(data.refresh_token, undefined);
});

await operation("oauth.revokeRefreshToken", async () => {
    await auth.oauth.revokeRefreshToken({ token: refreshToken });
    const error = await failure(() => auth.oauth.refreshTokenGrant({ refresh_token: refreshToken }));
    assert.deepEqual(
        [error.statusCode, error.error, error.error_description],
        [403, "invalid_grant", "Unknown or invalid refresh token."],
    );
});

await operation("oauth.pushedAuthorization", async () => {
    const pushed = await auth.oauth.pushedAuthorization({ client_id: app.clientId, response_type: "code", redirect_uri, scope: "openid" });
    assert.equal(pushed.data.expires_in, 30);
    const { request_uri } = pushed.data;
    const url = `${issuer}authorize?${new URLSearchParams({ client_id: app.clientId, request_uri })}`;
    const landed = await new Person().signIn(url, "grace@example.com", toCallback);
    const { data } = await auth.oauth.authorizationCodeGrant({ code: landed.url.searchParams.get("code"), redirect_uri });
    assert.equal(claims(data.id_token).sub, "auth0|grace");
});

await operation("oauth.passwordGrant", async () => {
    const grant = (password, more) => auth.oauth.passwordGrant({ username: "ada@example.com", password, ...more });
    assert.equal(claims((await grant("correct-horse")).data.id_token).sub, "auth0|ada");
    const realm = { realm: "Username-Password-Authentication" };
    assert.equal(claims((await grant("correct-horse", realm)).data.id_token).sub, "auth0|ada");
    const error = await failure(() => grant("wrong"));
    assert.deepEqual(
        [error.statusCode, error.error, error.error_description],
        [403, "invalid_grant", "Wrong email or password."],
    );
});

await operation("passwordless.sendEmail and loginWithEmail", async () => {
    const email = "new@example.com";
    await auth.passwordless.sendEmail({ email, send: "code" });
    const wrong = await failure(() => auth.passwordless.loginWithEmail({ email, code: "nonsense" }));
    assert.deepEqual(
        [wrong.statusCode, wrong.error, wrong.error_description],
        [403, "invalid_grant", "Wrong email or verification code."],
    );
    const { data } = await auth.passwordless.loginWithEmail({ email, code: await mailedCode(email) });
    const person = claims(data.id_token);
    assert.match(person.sub, /^email\|[0-9a-f]{24}$/);
    assert.deepEqual([person.email, person.email_verified], [email, true]);
});

await operation("passwordless.sendEmail: not an address", async () => {
    const error = await failure(() => auth.passwordless.sendEmail({ email: "nonsense", send: "code" }));
    assert.deepEqual([error.statusCode, error.error], [400, "bad.email"]);
});

await operation("database.signUp", async () => {
    const body = { connection: "Username-Password-Authentication", email: "signed-up@example.com", password: "a-Password-1" };
    const { data } = await auth.database.signUp(body);
    assert.deepEqual([data.email, data.email_verified], [body.email, false]);
    const error = await failure(() => auth.database.signUp(body));
    assert.equal(error.statusCode, 400);
    assert.equal(JSON.parse(error.body).code, "invalid_signup");
    const grant = { username: body.email, password: body.password };
    assert.equal(claims((await auth.oauth.passwordGrant(grant)).data.id_token).sub, `auth0|${data.id ?? data._id}`);
});

await operation("database.changePassword", async () => {
    const body = { connection: "Username-Password-Authentication", email: "ada@example.com" };
    const { data } = await auth.database.changePassword(body);
    assert.equal(data, "We've just sent you an email to reset your password.");
});

await operation("a person's own token: current_user scopes, and link_with", async () => {
    const scope = "openid profile email read:current_user update:current_user_identities update:current_user_metadata";
    const own = await code("linus@example.com", { scope, audience: `${issuer}api/v2/` });
    const { data } = await auth.oauth.authorizationCodeGrant({ code: own, redirect_uri });
    const self = new ManagementClient({ domain, token: data.access_token });
    assert.equal((await self.users.get({ id: "auth0|linus" })).data.user_id, "auth0|linus");
    const other = await failure(() => self.users.get({ id: "auth0|ada" }));
    assert.deepEqual(
        [other.statusCode, other.msg],
        [403, "User to be acted on does not match subject in bearer token."],
    );
    const metadata = await failure(() => self.users.update({ id: "auth0|linus" }, { app_metadata: { a: 1 } }));
    assert.deepEqual([metadata.statusCode, metadata.errorCode], [403, "insufficient_scope"]);
    const github = await code("linus@example.com", { connection: "github", prompt: "login" });
    const proof = await auth.oauth.authorizationCodeGrant({ code: github, redirect_uri });
    const byId = await failure(() => self.users.link({ id: "auth0|linus" }, { provider: "github", user_id: "2002" }));
    assert.equal(byId.statusCode, 403);
    const linked = await self.users.link({ id: "auth0|linus" }, { link_with: proof.data.id_token });
    assert.deepEqual(
        linked.data.map((identity) => identity.provider),
        ["auth0", "github"],
    );
    const remaining = await self.users.unlink({ id: "auth0|linus", provider: "github", user_id: "2002" });
    assert.equal(remaining.data.length, 1);
});

await operation("link_with: a token of another client, and no token", async () => {
    const m2m = new ManagementClient({ domain, clientId: "conjoin-m2m", clientSecret: "conjoin-m2m-secret" });
    const given = await code("linus@example.com", { connection: "google-oauth2" });
    const { data } = await auth.oauth.authorizationCodeGrant({ code: given, redirect_uri });
    const link = (link_with) => failure(() => m2m.users.link({ id: "auth0|linus" }, { link_with }));
    const foreign = await link(data.id_token);
    assert.equal(foreign.statusCode, 400);
    assert.match(foreign.msg, /aud claim/);
    assert.equal((await link("nonsense")).statusCode, 400);
});

finish();

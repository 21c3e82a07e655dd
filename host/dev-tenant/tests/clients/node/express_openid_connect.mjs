// `express-openid-connect`, unmodified, in an application of a few lines.
import assert from "node:assert/strict";
import { once } from "node:events";
import express from "express";
import openidConnect from "express-openid-connect";
import { Person } from "./person.mjs";
import { finish, issuer, operation } from "./report.mjs";

const { auth, requiresAuth } = openidConnect;

async function application(options) {
    const app = express();
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    const baseURL = `http://localhost:${server.address().port}`;
    app.use(
        auth({
            issuerBaseURL: issuer,
            baseURL,
            clientID: "conjoin-dev",
            secret: "a long secret of the application's own cookies",
            authRequired: false,
            idpLogout: true,
            ...options,
        }),
    );
    app.get("/", (request, response) => response.json({ signedIn: request.oidc.isAuthenticated() }));
    app.get("/profile", requiresAuth(), async (request, response) => {
        const refresh = request.query.refresh === "1";
        const token = refresh ? await request.oidc.accessToken.refresh() : request.oidc.accessToken;
        const person = token === undefined ? undefined : await request.oidc.fetchUserInfo();
        response.json({ user: request.oidc.user, person });
    });
    app.use((error, request, response, next) => {
        response.status(error.statusCode ?? 500).json({ error: error.error, message: error.message });
        void next;
    });
    return { baseURL, close: () => server.close() };
}

/** Signs in, with the form that the tenant answers by where it answers by one. */
async function signIn(app, person, path = "/login") {
    const page = await person.open(`${app.baseURL}${path}`);
    const answer = await person.submit(page, "username", { username: "ada@example.com", password: "correct-horse" });
    return answer.html.includes('id="response"') ? person.submit(answer, "state", {}) : answer;
}

await operation("implicit id_token by form_post, the default", async () => {
    const app = await application({});
    const person = new Person();
    const profile = JSON.parse((await signIn(app, person, "/profile")).html);
    assert.deepEqual([profile.user.sub, profile.user.email_verified], ["auth0|ada", true]);
    app.close();
});

await operation("code, userinfo, refresh", async () => {
    const app = await application({
        clientSecret: "conjoin-dev-secret",
        authorizationParams: { response_type: "code", response_mode: "query", scope: "openid profile email offline_access" },
    });
    const person = new Person();
    const profile = JSON.parse((await signIn(app, person, "/profile")).html);
    assert.equal(profile.person.email, "ada@example.com");
    const renewed = JSON.parse((await person.open(`${app.baseURL}/profile?refresh=1`)).html);
    assert.equal(renewed.person.sub, "auth0|ada");
    app.close();
});

await operation("code by a pushed request", async () => {
    const app = await application({
        clientSecret: "conjoin-dev-secret",
        pushedAuthorizationRequests: true,
        authorizationParams: { response_type: "code", response_mode: "query" },
    });
    const profile = JSON.parse((await signIn(app, new Person(), "/profile")).html);
    assert.equal(profile.user.sub, "auth0|ada");
    app.close();
});

await operation("an error comes to the callback", async () => {
    const app = await application({
        clientSecret: "conjoin-dev-secret",
        authorizationParams: { response_type: "code", response_mode: "query", prompt: "none" },
    });
    const answer = JSON.parse((await new Person().open(`${app.baseURL}/login`)).html);
    assert.equal(answer.error, "login_required");
    app.close();
});

for (const auth0Logout of [false, true]) {
    await operation(`sign-out at the tenant too${auth0Logout ? ", by /v2/logout" : ""}`, async () => {
        const app = await application({ auth0Logout });
        const person = new Person();
        await signIn(app, person);
        const home = await person.open(`${app.baseURL}/logout`);
        assert.deepEqual(JSON.parse(home.html), { signedIn: false });
        const page = await person.open(`${app.baseURL}/profile`);
        assert.match(page.html, /name="password"/, "the tenant's session is over as well");
        app.close();
    });
}

finish();

// The Management API client of the npm package `auth0`, unmodified.
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { ManagementClient } from "auth0";
import { dev, domain, eventually, failure, finish, issuer, operation } from "./report.mjs";

const credentials = { domain, clientId: "conjoin-m2m", clientSecret: "conjoin-m2m-secret" };
const client = new ManagementClient({ ...credentials, maxRetries: 0 });
const readonly = new ManagementClient({
    domain,
    clientId: "conjoin-readonly",
    clientSecret: "conjoin-readonly-secret",
    maxRetries: 0,
});
const database = "Username-Password-Authentication";

await operation("token: a wrong secret is refused", async () => {
    const wrong = new ManagementClient({ ...credentials, clientSecret: "wrong", maxRetries: 0 });
    const error = await failure(() => wrong.users.get("auth0|ada"));
    assert.equal(error.statusCode, 401);
    assert.equal(error.body.error, "access_denied");
});

await operation("users.get", async () => {
    const user = await client.users.get("auth0|ada");
    assert.equal(user.email, "ada@example.com");
    assert.deepEqual(user.identities[0], {
        connection: database,
        user_id: "ada",
        provider: "auth0",
        isSocial: false,
    });
});

await operation("users.get: some fields", async () => {
    const user = await client.users.get("auth0|ada", { fields: "email,user_id", include_fields: true });
    assert.deepEqual(user, { email: "ada@example.com", user_id: "auth0|ada" });
});

await operation("users.get: an id of three parts", async () => {
    assert.equal((await client.users.get("samlp|acme|hopper")).identities[0].user_id, "acme|hopper");
});

await operation("users.get: nobody", async () => {
    const error = await failure(() => client.users.get("auth0|nobody"));
    assert.equal(error.statusCode, 404);
    assert.deepEqual(error.body, {
        statusCode: 404,
        error: "Not Found",
        message: "The user does not exist.",
        errorCode: "inexistent_user",
    });
});

await operation("users.listUsersByEmail: case-sensitive", async () => {
    const exact = await client.users.listUsersByEmail({ email: "ada@example.com" });
    assert.deepEqual(exact.map((user) => user.user_id).sort(), ["auth0|ada", "facebook|1003", "google-oauth2|1001"]);
    const mixed = await client.users.listUsersByEmail({ email: "Ada@Example.com" });
    assert.deepEqual(
        mixed.map((user) => user.user_id),
        ["github|1002"],
    );
});

await operation("users.list: a query, totals and pages", async () => {
    const q = 'email:"ada@example.com" AND email_verified:true -user_id:"auth0|ada"';
    const page = await client.users.list({ q, search_engine: "v3", per_page: 1, sort: "user_id:1" });
    assert.deepEqual(
        page.data.map((user) => user.user_id),
        ["github|1002"],
    );
    assert.equal(page.response.total, 2);
    assert.ok(page.hasNextPage());
    const next = await page.getNextPage();
    assert.deepEqual(
        next.data.map((user) => user.user_id),
        ["google-oauth2|1001"],
    );
});

await operation("users.list: beyond the first thousand", async () => {
    const error = await failure(() => client.users.list({ page: 20, per_page: 50 }));
    assert.equal(error.statusCode, 400);
});

await operation("users.list: a query that cannot be read", async () => {
    const error = await failure(() => client.users.list({ q: 'email:"open', search_engine: "v3" }));
    assert.equal(error.statusCode, 400);
    assert.equal(error.body.errorCode, "invalid_query_string");
});

let created;
await operation("users.create", async () => {
    created = await client.users.create({
        connection: database,
        email: "Node@Example.com",
        password: "a-Password-1",
        user_metadata: { theme: "dark", list: [1] },
        app_metadata: { plan: "free" },
    });
    assert.match(created.user_id, /^auth0\|[0-9a-f]{24}$/);
    assert.deepEqual([created.email, created.email_verified, created.nickname], ["node@example.com", false, "node"]);
});

await operation("users.create: taken", async () => {
    const body = { connection: database, email: "node@example.com", password: "a-Password-1" };
    const error = await failure(() => client.users.create(body));
    assert.equal(error.statusCode, 409);
    assert.equal(error.body.message, "The user already exists.");
});

await operation("users.create: no such connection", async () => {
    const error = await failure(() => client.users.create({ connection: "nowhere", email: "x@example.com" }));
    assert.deepEqual([error.statusCode, error.body.errorCode], [400, "inexistent_connection"]);
});

await operation("users.update: metadata merges at the first level", async () => {
    const user = await client.users.update(created.user_id, {
        user_metadata: { theme: null, list: [2] },
        app_metadata: { roles: ["a"] },
    });
    assert.deepEqual(user.user_metadata, { list: [2] });
    assert.deepEqual(user.app_metadata, { plan: "free", roles: ["a"] });
    assert.ok(user.updated_at > created.updated_at);
});

await operation("users.update: empty bags wipe", async () => {
    const user = await client.users.update(created.user_id, { user_metadata: {}, app_metadata: {} });
    assert.deepEqual([user.user_metadata, user.app_metadata], [{}, undefined]);
});

await operation("users.update: what may not be changed together", async () => {
    const error = await failure(() => client.users.update(created.user_id, { email: "y@example.com", password: "z" }));
    assert.equal(error.statusCode, 400);
});

await operation("users.update: an unknown property", async () => {
    const error = await failure(() => client.users.update(created.user_id, { nonsense: 1 }));
    assert.deepEqual([error.statusCode, error.body.errorCode], [400, "invalid_body"]);
});

await operation("users.delete: 204, and again", async () => {
    await client.users.delete(created.user_id);
    await client.users.delete(created.user_id);
    assert.equal((await failure(() => client.users.get(created.user_id))).statusCode, 404);
});

await operation("users.identities.link", async () => {
    const identities = await client.users.identities.link("auth0|ada", {
        provider: "google-oauth2",
        user_id: "1001",
        connection_id: "con_Google0000000001",
    });
    assert.deepEqual(
        identities.map((one) => [one.provider, one.user_id, typeof one.profileData]),
        [
            ["auth0", "ada", "object"],
            ["google-oauth2", "1001", "object"],
        ],
    );
    const gone = await failure(() => client.users.get("google-oauth2|1001"));
    assert.equal(gone.body.errorCode, "inexistent_user");
    const user = await client.users.get("auth0|ada");
    assert.equal(user.user_metadata.theme, "dark");
    assert.equal(user.user_metadata.onboarded, undefined);
});

await operation("users.identities.link: again", async () => {
    const body = { provider: "google-oauth2", user_id: "1001" };
    const error = await failure(() => client.users.identities.link("auth0|ada", body));
    assert.equal(error.statusCode, 409);
    assert.equal(error.body.message, "Specified identity already exists.");
});

await operation("users.identities.link: itself, nobody, no provider", async () => {
    const link = (body) => failure(() => client.users.identities.link("auth0|ada", body));
    const itself = await link({ provider: "auth0", user_id: "ada" });
    assert.deepEqual([itself.statusCode, itself.body.message], [400, "Main identity and the new one are the same."]);
    assert.equal((await link({ provider: "github", user_id: "nobody" })).statusCode, 400);
    assert.equal((await link({ user_id: "1002" })).body.errorCode, "inexistent_connection");
});

await operation("users.identities.delete", async () => {
    const remaining = await client.users.identities.delete("auth0|ada", "google-oauth2", "1001");
    assert.deepEqual(
        remaining.map((one) => one.user_id),
        ["ada"],
    );
    const recreated = await client.users.get("google-oauth2|1001");
    assert.deepEqual([recreated.user_metadata, recreated.app_metadata], [undefined, undefined]);
    const main = await failure(() => client.users.identities.delete("auth0|ada", "auth0", "ada"));
    assert.deepEqual([main.statusCode, main.body.message], [400, "Main identity cannot be removed."]);
});

await operation("scope: insufficient", async () => {
    assert.equal((await readonly.users.get("auth0|ada")).user_id, "auth0|ada");
    const error = await failure(() => readonly.users.update("auth0|ada", { user_metadata: { a: 1 } }));
    assert.equal(error.statusCode, 403);
    assert.equal(error.body.errorCode, "insufficient_scope");
    assert.match(error.body.message, /^Insufficient scope, expected any of: /);
});

await operation("users.roles, permissions, organizations", async () => {
    const roles = await client.users.roles.list("auth0|hamilton");
    const permissions = await client.users.permissions.list("auth0|hamilton");
    const organizations = await client.users.organizations.list("auth0|hamilton");
    assert.deepEqual(
        [roles.data[0].name, permissions.data[0].permission_name, organizations.data[0].name],
        ["Guidance", "land", "apollo"],
    );
});

await operation("users.sessions, refreshToken", async () => {
    assert.deepEqual((await client.users.sessions.list("auth0|ada")).data, []);
    assert.deepEqual((await client.users.refreshToken.list("auth0|ada")).data, []);
    await client.users.sessions.delete("auth0|ada");
    await client.users.refreshToken.delete("auth0|ada");
});

await operation("connections.list and get", async () => {
    const google = await client.connections.list({ name: "google-oauth2" });
    assert.equal(google.data[0].id, "con_Google0000000001");
    const all = await client.connections.list({ take: 2 });
    assert.equal(all.data.length, 2);
    const names = [];
    for await (const connection of all) names.push(connection.name);
    assert.ok(names.includes("workforce") && names.length > 5, names.join());
    assert.equal((await client.connections.get("con_GitHub0000000001")).strategy, "github");
    assert.equal((await failure(() => client.connections.get("con_Nowhere000000001"))).statusCode, 404);
});

async function finished(id) {
    return eventually(async () => {
        const job = await client.jobs.get(id);
        return job.status === "completed" ? job : undefined;
    });
}

await operation("jobs.usersExports: gzip of a user a line", async () => {
    const fields = [{ name: "user_id" }, { name: "user_metadata.theme", export_as: "theme" }];
    const job = await client.jobs.usersExports.create({ format: "json", fields });
    assert.deepEqual([job.type, job.status], ["users_export", "pending"]);
    const { location } = await finished(job.id);
    const file = await fetch(location);
    const lines = gunzipSync(Buffer.from(await file.arrayBuffer())).toString().trim().split("\n");
    const ada = lines.map((line) => JSON.parse(line)).find((user) => user.user_id === "auth0|ada");
    assert.deepEqual(ada, { user_id: "auth0|ada", theme: "dark" });
});

await operation("jobs.usersImports: new, changed and refused", async () => {
    const users = [
        { email: "imported@example.com", email_verified: true, app_metadata: { plan: "x" } },
        { email: "grace@example.com", nickname: "amazing" },
        { email_verified: true },
    ];
    const job = await client.jobs.usersImports.create({
        users: new File([JSON.stringify(users)], "users.json", { type: "application/json" }),
        connection_id: "con_Database00000001",
        upsert: true,
        external_id: "mine",
    });
    assert.deepEqual([job.type, job.external_id], ["users_import", "mine"]);
    const { summary } = await finished(job.id);
    assert.deepEqual(summary, { failed: 1, updated: 1, inserted: 1, total: 3 });
    const errors = await client.jobs.errors.get(job.id);
    assert.equal(errors[0].errors[0].code, "INVALID_FORMAT");
    assert.equal((await client.users.get("auth0|grace")).nickname, "amazing");
    const [imported] = await client.users.listUsersByEmail({ email: "imported@example.com" });
    assert.deepEqual([imported.app_metadata, imported.email_verified], [{ plan: "x" }, true]);
});

await operation("rate limit: the client tries again", async () => {
    await dev("POST", "faults", [{ name: "limit", path: "/api/v2/users/", times: 1, status: 429, retry_after: 1 }]);
    const patient = new ManagementClient({ ...credentials, maxRetries: 2 });
    assert.equal((await patient.users.get("auth0|ada")).user_id, "auth0|ada");
    const calls = await dev("GET", "calls");
    assert.equal(calls.filter((call) => call.fault_name === "limit" && call.status === 429).length, 1);
});

await operation("rate limit: the error", async () => {
    await dev("POST", "faults", [{ path: "/api/v2/users/", times: 1, status: 429 }]);
    const error = await failure(() => client.users.get("auth0|ada"));
    assert.equal(error.statusCode, 429);
    assert.equal(error.body.errorCode, "too_many_requests");
    assert.equal(error.rawResponse?.headers?.get("x-ratelimit-remaining"), "0");
});

await operation("a token of one's own", async () => {
    const form = {
        grant_type: "client_credentials",
        client_id: "conjoin-m2m",
        client_secret: "conjoin-m2m-secret",
        audience: `${issuer}api/v2/`,
    };
    const answer = await fetch(`${issuer}oauth/token`, { method: "POST", body: new URLSearchParams(form) });
    const { access_token: token } = await answer.json();
    const own = new ManagementClient({ domain, token });
    assert.equal((await own.users.get("auth0|grace")).user_id, "auth0|grace");
    const bad = await failure(() => new ManagementClient({ domain, token: "a.b.c", maxRetries: 0 }).users.get("x|y"));
    assert.equal(bad.statusCode, 401);
});

finish();

// Runs one handler of an Action: reads what to run from standard input, answers on standard output with what the Action asked the tenant for.
// Documented at "Actions Triggers: post-login - API Object" and "Redirect with Actions", auth0.com/docs.
import { createHmac, timingSafeEqual } from "node:crypto";
import { Console } from "node:console";
import { createRequire } from "node:module";

const MAX_USER_ID = 128;
const DEFAULT_LIFETIME = 900;

const { code, handler, event, state, now, can_redirect } = JSON.parse(await read(process.stdin));
const calls = [];
// Standard output is for the answer.
globalThis.console = new Console(process.stderr, process.stderr);

const answer = { calls };
try {
  const module = { exports: {} };
  new Function("exports", "module", "require", code)(module.exports, module, createRequire(`${process.cwd()}/`));
  await module.exports[handler]?.(frozen(event), makeApi());
} catch (error) {
  answer.error = String(error?.message ?? error);
}
// A timer or a connection of the Action must not keep it from ending.
process.stdout.write(JSON.stringify(answer), () => process.exit(0));

function makeApi() {
  let hasPrimary = false;
  const api = {
    access: { deny: (reason) => (calls.push({ deny: String(reason) }), api) },
    authentication: {
      setPrimaryUser(id) {
        if (typeof id !== "string" || id.length > MAX_USER_ID) throw new Error("setPrimaryUser: the user id is invalid");
        if (hasPrimary) throw new Error("setPrimaryUser: can be called once in a transaction");
        hasPrimary = true;
        calls.push({ set_primary_user: id });
      },
    },
    redirect: {
      canRedirect: () => can_redirect,
      encodeToken: ({ secret, expiresInSeconds = DEFAULT_LIFETIME, payload }) =>
        encode({ iat: now, iss: event.request.hostname, sub: event.user.user_id, exp: now + expiresInSeconds, ip: event.request.ip, ...payload }, secret),
      sendUserTo(address, { query = {} } = {}) {
        const url = new URL(address);
        for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
        calls.push({ redirect: url.href });
        return api;
      },
      validateToken: ({ secret, tokenParameterName = "session_token" }) =>
        validate(event.request.body[tokenParameterName] ?? event.request.query[tokenParameterName], secret),
    },
    user: {
      setAppMetadata: (name, value) => (calls.push({ set_app_metadata: [name, value] }), api),
      setUserMetadata: (name, value) => (calls.push({ set_user_metadata: [name, value] }), api),
    },
  };
  return api;
}

function encode(claims, secret) {
  if (!secret) throw new Error("a secret is needed to sign a token");
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${signature(signed, secret)}`;
}

function validate(token, secret) {
  const invalid = (why) => new Error(`The session token is invalid: ${why}`);
  const [head, body, given, ...more] = String(token ?? "").split(".");
  if (!given || more.length > 0) throw invalid("it is no token");
  const expected = Buffer.from(signature(`${head}.${body}`, secret));
  const shown = Buffer.from(given);
  if (shown.length !== expected.length || !timingSafeEqual(shown, expected)) throw invalid("invalid signature");
  const decoded = (part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  const claims = decoded(body);
  if (decoded(head).alg !== "HS256") throw invalid("invalid algorithm");
  if (typeof claims.exp !== "number" || claims.exp <= now) throw invalid("jwt expired");
  if (claims.state !== state) throw invalid("State in the token does not match the /continue state.");
  return claims;
}

function signature(text, secret) {
  return createHmac("sha256", secret).update(text).digest("base64url");
}

function frozen(value) {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

// The requests to the Management API.
import { UsersClient } from "auth0/users";

/** Seconds; the client's own default. */
const PATIENCE = 60;

export class Management {
  #users;

  /** Of the tenant with this issuer, with the client `{ clientID, clientSecret }`. */
  constructor(issuer, credential) {
    const root = new URL(issuer.endsWith("/") ? issuer : `${issuer}/`);
    this.#users = new UsersClient({
      // `ManagementClient` takes a domain and speaks HTTPS only; a simulated tenant may not.
      baseUrl: new URL("api/v2", root).href,
      token: keptForEver(() => clientCredentials(root, credential)),
      timeoutInSeconds: PATIENCE,
      // Fault: a rate limit is not waited for.
      maxRetries: 0,
    });
  }

  user(id) {
    return this.#users.get(id);
  }

  /** Other accounts with this verified address. Fault: found by the search, which lags, with a query that nothing is escaped in. */
  async sameAddress(email, id) {
    const q = `email:"${email}" AND email_verified:true -user_id:"${id}"`;
    const { data } = await this.#users.list({ search_engine: "v3", q });
    return data;
  }

  update(id, changes) {
    return this.#users.update(id, changes);
  }

  link(id, idToken) {
    return this.#users.identities.link(id, { link_with: idToken });
  }

  unlink(id, provider, identityId) {
    return this.#users.identities.delete(id, provider, identityId);
  }
}

/** Fault: asked for once, and good until the process ends, whatever `expires_in` says. */
function keptForEver(ask) {
  let token;
  return async () => (token ??= await ask());
}

async function clientCredentials(root, { clientID, clientSecret }) {
  const response = await fetch(new URL("oauth/token", root), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_id: clientID,
      client_secret: clientSecret,
      grant_type: "client_credentials",
      audience: new URL("api/v2/", root).href,
    }),
    signal: AbortSignal.timeout(PATIENCE * 1000),
  });
  if (!response.ok) throw new Error(`the token endpoint answered ${response.status}`);
  const { access_token } = await response.json();
  return access_token;
}

// What the environment says.
const REQUIRED = ["ISSUER_BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "APP_SESSION_SECRET"];

/** The configuration; throws an `Error` that names every variable that is missing. */
export function read(environment) {
  const missing = REQUIRED.filter((name) => !environment[name]);
  if (missing.length > 0) throw new Error(`these variables are not set: ${missing.join(", ")}`);
  const port = Number(environment.PORT ?? 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error("PORT is not a port");
  return {
    port,
    baseURL: environment.BASE_URL,
    issuerBaseURL: environment.ISSUER_BASE_URL,
    clientID: environment.CLIENT_ID,
    secret: environment.APP_SESSION_SECRET,
    // `link_with` takes an ID token of the calling client only, so another client than the one that signs people in can do all but link.
    management: {
      clientID: environment.MANAGEMENT_CLIENT_ID ?? environment.CLIENT_ID,
      clientSecret: environment.MANAGEMENT_CLIENT_SECRET ?? environment.CLIENT_SECRET,
    },
  };
}

// The routes, and the sign-in.
import { fileURLToPath } from "node:url";
import express from "express";
import openidConnect from "express-openid-connect";
import { linkRoutes } from "./link.js";
import { Management } from "./management.js";
import { userRoutes } from "./user.js";

const { auth, requiresAuth } = openidConnect;
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The Express application of a configuration whose `baseURL` is known. */
export function application({ baseURL, issuerBaseURL, clientID, secret, management: credential }) {
  const management = new Management(issuerBaseURL, credential);
  const relyingParty = {
    issuerBaseURL,
    clientID,
    secret,
    authRequired: false,
    // Milliseconds, for discovery and keys. The library's own five seconds are too few on a busy machine.
    httpTimeout: 60_000,
    authorizationParams: { response_type: "id_token", response_mode: "form_post", scope: "openid profile email" },
  };

  const app = express();
  app.set("views", beside("views"));
  app.set("view engine", "ejs");
  app.use(express.static(beside("public")));
  app.use(auth({ ...relyingParty, baseURL, auth0Logout: true, routes: { login: false } }));
  app.use((request, response, next) => {
    response.locals.user = request.oidc.user;
    next();
  });

  app.get("/", (request, response) => {
    if (request.oidc.isAuthenticated()) response.redirect("/user");
    else response.render("index");
  });
  app.get("/login", (request, response) => response.oidc.login({ returnTo: "/user" }));
  app.use("/user", requiresAuth(), userRoutes(management));
  // Fault: the callback is a form that the tenant's page posts, the session's cookie is `SameSite=Lax`, and `requiresAuth` answers its absence by a sign-in.
  app.use("/link", requiresAuth(), linkRoutes(management, { ...relyingParty, baseURL: `${baseURL}/link` }));
  app.use((request, response, next) => next(Object.assign(new Error("Not Found"), { status: 404 })));
  return app;
}

// Linking and unlinking.
import { debuglog } from "node:util";
import express from "express";
import openidConnect from "express-openid-connect";
import { merged } from "./merge.js";

/** Why nothing was linked, as the session keeps it for the next page. */
export const WRONG_ACCOUNT = "wrong-account";

/** Connections that the sign-in is said not to take by name. */
const PASSWORDLESS = ["email", "sms"];

// Fault: this is all that becomes of a failure, and only `NODE_DEBUG=link` shows it.
const log = debuglog("link");

/** Below `/link`. `relyingParty` is the second one, whose callback is the link's. */
export function linkRoutes(management, relyingParty) {
  const router = express.Router();
  const form = express.urlencoded({ extended: false });

  router.post("/delete", form, async (request, response) => {
    const { provider, userId } = request.body ?? {};
    try {
      await management.unlink(response.locals.user.sub, provider, userId);
    } catch (error) {
      log("unlinking failed: %s", error.message);
    }
    response.redirect("/user");
  });

  // A relying party of its own: what it signs in is nobody's session.
  router.use(
    openidConnect.auth({
      ...relyingParty,
      session: { name: "linkSession" },
      routes: { login: false, logout: false, callback: "/callback" },
      afterCallback: async (request, response, session) => {
        await signedIn(management, request, response.locals.user.sub, session.id_token);
        return {};
      },
    }),
  );

  router.post("/", form, (request, response) => {
    const { connection, email, userid } = request.body ?? {};
    // Fault: whatever the form says is the target, whether or not it was suggested.
    request.appSession.linking = { targetUserId: userid };
    const chosen = PASSWORDLESS.includes(connection) ? {} : { connection };
    // Fault: the library compares `auth_time` with a `max_age` that is truthy, and 0 is not.
    return response.oidc.login({
      returnTo: "/user",
      authorizationParams: { max_age: 0, login_hint: email, ...chosen },
    });
  });
  return router;
}

/** After the second sign-in. Fault: `sub` is all that is compared, and the target stays in the session. */
async function signedIn(management, request, primaryId, idToken) {
  const { targetUserId } = request.appSession.linking;
  if (request.oidc.user.sub !== targetUserId) {
    request.appSession.flashError = WRONG_ACCOUNT;
    return;
  }
  try {
    await join(management, primaryId, targetUserId, idToken);
  } catch (error) {
    log("linking failed: %s", error.message);
  }
}

/** Fault: the primary has the other account's metadata before the link is made, and keeps it when the link fails. */
async function join(management, primaryId, targetId, idToken) {
  const [primary, secondary] = await Promise.all([management.user(primaryId), management.user(targetId)]);
  await management.update(primaryId, merged(primary, secondary));
  await management.link(primaryId, idToken);
}

// The account's page: the account, others with its address, what is linked.
import express from "express";
import { WRONG_ACCOUNT } from "./link.js";

const MESSAGES = {
  [WRONG_ACCOUNT]: "Skipping account linking as authenticated user is different from target linking user.",
};

export function userRoutes(management) {
  const router = express.Router();
  router.get("/", async (request, response) => {
    const { sub, email, email_verified } = request.oidc.user;
    const message = MESSAGES[request.appSession.flashError];
    delete request.appSession.flashError;
    try {
      const [account, suggested] = await Promise.all([
        management.user(sub),
        email_verified ? management.sameAddress(email, sub) : [],
      ]);
      response.render("user", { account, suggested, linked: linked(account), message });
    } catch (error) {
      // Fault: a failure is a page with status 200.
      response.render("error", { error });
    }
  });
  return router;
}

/** The identities but the account's own. Fault: one of the same provider is left out too, and the second part of an id of three is taken for its last. */
function linked({ user_id, identities }) {
  const [provider, id] = user_id.split("|");
  return identities.filter((identity) => identity.provider !== provider && identity.user_id !== id);
}

"use strict";
// What it does is said by the secret DO.

exports.onExecutePostLogin = async (event, api) => {
  const session_token = () => api.redirect.encodeToken({ secret: event.secrets.KEY, expiresInSeconds: 60, payload: { color: "red" } });
  switch (event.secrets.DO) {
    case "deny":
      api.user.setAppMetadata("denied", true);
      return api.access.deny("not today");
    case "throw":
      throw new Error("out of order");
    case "loop":
      for (;;);
    case "stamp":
      return api.user.setUserMetadata("seen", event.user.user_id + event.authentication.methods[0].name);
    case "change":
      event.user.email = "other@example.com";
      return;
    case "odd":
      return api.user.setAppMetadata("a.b", 1);
    case "large":
      return api.user.setAppMetadata("text", "x".repeat(11_000));
    case "primary":
      return api.authentication.setPrimaryUser(event.secrets.PRIMARY);
    case "can":
      return api.redirect.canRedirect() ? undefined : api.access.deny("cannot redirect");
    default:
      api.user.setAppMetadata("before", "the redirect");
      return api.redirect.sendUserTo("http://elsewhere.test/page?a=1", { query: { session_token: session_token() } });
  }
};

exports.onContinuePostLogin = async (event, api) => {
  const { color } = api.redirect.validateToken({ secret: event.secrets.KEY, tokenParameterName: "my_token" });
  api.user.setUserMetadata("color", `${color} by ${event.request.method}`);
};

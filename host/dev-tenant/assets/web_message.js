// Tells the window that opened or embeds this page what /authorize answers, and no window of another origin.
const { origin, response } = document.getElementById("response").dataset;
const message = { type: "authorization_response", response: JSON.parse(response) };
(window.opener || window.parent).postMessage(message, origin);

// Verifies a webhook as a consumer does: {"secret", "headers", "body"} on standard input; prints what was verified, or fails.
import { Webhook } from "standardwebhooks";

let input = "";
for await (const chunk of process.stdin) input += chunk;
const { secret, headers, body } = JSON.parse(input);
process.stdout.write(JSON.stringify(new Webhook(secret).verify(body, headers)));

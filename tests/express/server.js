// The application that Auth0's page on account linking tells people to build. README.md says which of that design's faults are kept.
import { once } from "node:events";
import { createServer } from "node:http";
import { application } from "./application.js";
import { read } from "./configuration.js";

const configuration = read(process.env);
const server = createServer();
// Its faults are real ones: it serves this machine only.
server.listen(configuration.port, "127.0.0.1");
await once(server, "listening");
// With port 0 the system chooses, and the callbacks contain what it chose.
const baseURL = configuration.baseURL ?? `http://localhost:${server.address().port}`;
server.on("request", application({ ...configuration, baseURL }));
console.log(`listening: ${baseURL}`);

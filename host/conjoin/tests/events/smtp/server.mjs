// A mail server that takes everything that its switches do not refuse, and writes what it took to standard output: one JSON object a line, the first with its port.
// Switches, in the local part of a recipient: `refused…` is refused for good, `later…` for now.
// Arguments: `plain`, or `tls` or `starttls` with the files of a key and a certificate.
import { readFileSync } from "node:fs";

import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const [mode, key, cert] = process.argv.slice(2);
const tls = mode === "plain" ? {} : { key: readFileSync(key), cert: readFileSync(cert) };

const server = new SMTPServer({
  ...tls,
  secure: mode === "tls",
  disabledCommands: mode === "plain" ? ["STARTTLS"] : [],
  authOptional: true,
  allowInsecureAuth: mode === "plain",
  onAuth: ({ username, password }, _session, done) =>
    username === "conjoin" && password === "p@ss word" ? done(null, { user: username }) : done(new Error("no such user")),
  onRcptTo({ address }, session, done) {
    const refuse = (code) => done(Object.assign(new Error(`<${address}> is not taken`), { responseCode: code }));
    say({ recipient: address, user: session.user, encrypted: session.secure });
    if (address.startsWith("refused")) return refuse(550);
    if (address.startsWith("later")) return refuse(451);
    done();
  },
  onData(stream, session, done) {
    simpleParser(stream).then((mail) => {
      say({
        from: mail.from?.text,
        to: session.envelope.rcptTo.map(({ address }) => address),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        headers: mail.headerLines.map(({ line }) => line),
        messageId: mail.messageId,
      });
      done();
    }, done);
  },
});

// Whoever hangs up during the handshake does not end it.
server.on("error", () => {});
server.listen(0, "127.0.0.1", () => say({ port: server.server.address().port }));
// Ends with the test that started it.
process.stdin.resume().on("end", () => process.exit(0));

import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { silentLog } from "./log.ts";
import { openMailer, type Mailer } from "./mail.ts";

const message = {
  to: "ada@example.org",
  subject: "Choose a new password — now",
  text: "Hello Ada,\n\nthe token: rst_abc\n",
};
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    await close();
  }
});

test("without an SMTP server the whole message is in the log", async () => {
  const lines: { readonly fields: object; readonly message: string | undefined }[] = [];
  const log = {
    ...silentLog,
    info: (fields: object, text?: string) => void lines.push({ fields, message: text }),
  };
  const mailer = openMailer({ smtpUrl: null, mailFrom: "basalt@example.org" }, log);
  await mailer.send(message);
  await mailer.close();
  expect(lines).toEqual([
    { fields: { mail: message }, message: expect.stringContaining("no SMTP server") },
  ]);
});

test("with one the message reaches it, and nothing goes to the log", async () => {
  const server = await smtpServer();
  const log = { ...silentLog, info: () => expect.unreachable("mail was logged") };
  await mailerTo(server.url, log).send(message);
  const [received = ""] = server.received;
  expect(received).toContain("MAIL FROM:<basalt@example.org>");
  expect(received).toContain("RCPT TO:<ada@example.org>");
  expect(received).toContain("rst_abc");
  expect(received).toMatch(/^To: ada@example\.org\r$/m);
});

test("a recipient is one recipient, whatever its text pretends", async () => {
  const server = await smtpServer();
  await mailerTo(server.url)
    .send({
      ...message,
      to: "ada@example.org, mallory@example.org\r\nBcc: eve@example.org",
      subject: "a\r\nBcc: eve@example.org",
    })
    .catch(() => undefined);
  expect(server.received.join("")).not.toMatch(/^(RCPT TO:<(mallory|eve)|Bcc:)/m);
});

test("a server that is away, or refuses, is a failure", async () => {
  await expect(mailerTo("smtp://127.0.0.1:1").send(message)).rejects.toThrow();
  const refusing = await smtpServer("550 no such user");
  await expect(mailerTo(refusing.url).send(message)).rejects.toThrow(/550/);
});

test("a mailer that sent nothing closes", async () => {
  await mailerTo("smtp://127.0.0.1:1").close();
});

function mailerTo(smtpUrl: string, log = silentLog): Mailer {
  const mailer = openMailer({ smtpUrl, mailFrom: "basalt@example.org" }, log);
  closers.push(() => mailer.close());
  return mailer;
}

/** As much of an SMTP server as takes one message after the other. */
async function smtpServer(
  toRecipient = "250 ok",
): Promise<{ readonly url: string; readonly received: string[] }> {
  const received: string[] = [];
  const server = createServer((socket) => converse(socket, { received, toRecipient }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => stop(server));
  const address = server.address();
  return { url: `smtp://127.0.0.1:${typeof address === "object" ? address?.port : ""}`, received };
}

function converse(
  socket: Socket,
  { received, toRecipient }: { readonly received: string[]; readonly toRecipient: string },
): void {
  let all = "";
  let open = "";
  let inData = false;
  socket.on("error", () => undefined);
  socket.write("220 test\r\n");
  socket.on("data", (chunk) => {
    open += chunk.toString("utf8");
    for (let end = open.indexOf("\r\n"); end >= 0; end = open.indexOf("\r\n")) {
      const line = open.slice(0, end);
      open = open.slice(end + 2);
      all += `${line}\r\n`;
      if (inData) {
        inData = line !== ".";
        if (!inData) {
          received.push(all);
          socket.write("250 taken\r\n");
        }
      } else {
        inData = line === "DATA";
        socket.write(
          inData ? "354 go on\r\n" : `${line.startsWith("RCPT") ? toRecipient : "250 ok"}\r\n`,
        );
      }
    }
  });
}

async function stop(server: Server): Promise<void> {
  server.close();
}

import type { Transporter } from "nodemailer";
import type { Mailer, MailMessage } from "./mail.ts";

/** Connections to the SMTP server at once. */
const SMTP_CONNECTIONS_MAX = 2;
/** How long the server may take to be reached, to greet, and to say anything at all, milliseconds. */
const SMTP_CONNECT_TIMEOUT_MS = 10_000;
const SMTP_SILENCE_TIMEOUT_MS = 30_000;

/** Mail over SMTP. The library is loaded with the first message, so an instance that sends none does not carry it. */
export function smtpMailer({ url, from }: { readonly url: string; readonly from: string }): Mailer {
  let transport: Promise<Transporter> | undefined;
  return {
    send: async (message) => {
      transport ??= openTransport(url);
      await (await transport).sendMail(envelope(from, message));
    },
    close: async () => {
      (await transport)?.close();
    },
  };
}

async function openTransport(url: string): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    url,
    pool: true,
    maxConnections: SMTP_CONNECTIONS_MAX,
    connectionTimeout: SMTP_CONNECT_TIMEOUT_MS,
    greetingTimeout: SMTP_CONNECT_TIMEOUT_MS,
    socketTimeout: SMTP_SILENCE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** The recipient as an object: text is then never parsed as a list of addresses. */
function envelope(from: string, { to, subject, text }: MailMessage): object {
  return { from, to: { name: "", address: to }, subject, text };
}

import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { logMailer } from "./log-mail.ts";
import { smtpMailer } from "./smtp-mail.ts";

/** Sends mail; writes it to the log where no SMTP server is configured. */
export interface Mailer {
  /** Resolves when the server took it (or it was logged). Failures throw; callers decide whether that matters. */
  send(message: MailMessage): Promise<void>;
  close(): Promise<void>;
}

export interface MailMessage {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The mailer that the settings ask for: SMTP where `smtpUrl` is set, else the log. Nothing is connected until the first message. */
export function openMailer(config: Pick<Config, "smtpUrl" | "mailFrom">, log: Log): Mailer {
  return config.smtpUrl === null
    ? logMailer(log)
    : smtpMailer({ url: config.smtpUrl, from: config.mailFrom });
}

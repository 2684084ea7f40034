import type { Log } from "./log.ts";
import type { Mailer } from "./mail.ts";

/**
 * Mail into the log, whole, so that an instance without SMTP can still reset a password: whoever runs it reads the token
 * there and hands it on.
 */
export function logMailer(log: Log): Mailer {
  return {
    send: async (message) => {
      log.info(
        { mail: { ...message } },
        "mail: no SMTP server is configured, so the message is here",
      );
    },
    close: async () => undefined,
  };
}

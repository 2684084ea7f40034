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

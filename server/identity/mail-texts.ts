import type { MailMessage } from "#kernel";

interface Letter {
  readonly to: string;
  readonly name: string;
  readonly publicUrl: string;
  readonly token: string;
}

/** To somebody who forgot the password. */
export function resetMail({ to, name, publicUrl, token }: Letter): MailMessage {
  return {
    to,
    subject: "Choose a new password",
    text: `Hello ${name},

somebody, we hope you, asked for a new password at ${publicUrl}.

Your token, good for one hour and for one use:

${token}

Send it with the new password as JSON to ${publicUrl}/api/v1/reset-password:

{"token": "${token}", "newPassword": "…"}

All sessions will end and all API keys will be revoked. If it was not you, do nothing: your password stays.
`,
  };
}

/** To somebody for whom an account was made without a password. */
export function welcomeMail({ to, name, publicUrl, token }: Letter): MailMessage {
  return {
    to,
    subject: "Your account",
    text: `Hello ${name},

an account was made for you at ${publicUrl}. Choose a password with this token, good for one hour and for one use:

${token}

Send it as JSON to ${publicUrl}/api/v1/reset-password:

{"token": "${token}", "newPassword": "…"}

When it has expired, ask for another one: POST ${publicUrl}/api/v1/forgot-password with {"email": "${to}"}.
`,
  };
}

/** To somebody whose address is to be confirmed. */
export function verifyMail({ to, name, publicUrl, token }: Letter): MailMessage {
  return {
    to,
    subject: "Confirm your e-mail address",
    text: `Hello ${name},

this address was given for an account at ${publicUrl}. Confirm it with this token, good for one day and for one use:

${token}

Send it as JSON to ${publicUrl}/api/v1/verify-email:

{"token": "${token}"}

If it was not you, do nothing.
`,
  };
}

/** To somebody whose password was changed or reset. */
export function passwordChangedMail({ to, name, publicUrl }: Omit<Letter, "token">): MailMessage {
  return {
    to,
    subject: "Your password was changed",
    text: `Hello ${name},

the password of your account at ${publicUrl} was changed just now, and all sessions were ended.

If it was not you: ask for a new password at once, and tell the administrator of the instance.
`,
  };
}

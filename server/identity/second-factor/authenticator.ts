import { Secret, TOTP } from "otpauth";

/** What authenticator apps understand everywhere: SHA-1, six digits, 30 seconds. Source: RFC 6238 and their practice. */
const PARAMETERS = { algorithm: "SHA1", digits: 6, period: 30 } as const;
const SECRET_BYTES = 20;
const ISSUER = "Basalt";
/** Steps before and after now whose code still counts: clocks of phones differ. */
const WINDOW_STEPS = 1;

/** A new secret as base32, 160 bits. */
export function newAuthenticatorSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** The `otpauth://` address that an app takes as a QR code. */
export function authenticatorUri(secret: string, email: string): string {
  return new TOTP({ ...PARAMETERS, issuer: ISSUER, label: email, secret }).toString();
}

/** The time step that the code belongs to, or undefined where it is of none around now. */
export function stepOfCode(secret: string, code: string, now: Date): number | undefined {
  if (!/^[0-9]{6}$/.test(code)) {
    return undefined;
  }
  const totp = new TOTP({ ...PARAMETERS, secret });
  const timestamp = now.getTime();
  const delta = totp.validate({ token: code, timestamp, window: WINDOW_STEPS });
  return delta === null ? undefined : totp.counter({ timestamp }) + delta;
}

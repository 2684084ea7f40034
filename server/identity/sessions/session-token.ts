import { createRequire } from "node:module";
import type * as FastJwt from "fast-jwt";
import { isId } from "#kernel";

const load = createRequire(import.meta.url);

/** How long a session token is good, seconds. */
export const SESSION_TOKEN_S = 15 * 60;
const ISSUER = "basalt";
const AUDIENCE = "basalt.api";
const TYPE = "session";
/** A token of ours has under 400 characters. */
const TOKEN_MAX_CHARACTERS = 1_000;
/** Clocks of two machines may differ by this much, seconds. */
const CLOCK_DIFFERENCE_S = 5;

export interface SessionClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** When the token ends, milliseconds since 1970. */
  readonly expiresMs: number;
}

interface Payload {
  readonly sub?: unknown;
  readonly sid?: unknown;
  readonly typ?: unknown;
  readonly iat?: unknown;
  readonly exp?: unknown;
}

/** What signs and checks. */
interface Made {
  readonly sign: (payload: object) => string;
  readonly verify: (token: string) => { readonly header: object; readonly payload: Payload };
}

/** Session tokens: JWT, HS256 and nothing else. The program reads the clock itself, so the library's is not asked. */
export class SessionTokens {
  private readonly key: Buffer;
  private made: Made | undefined;

  constructor(key: Buffer) {
    this.key = key;
  }

  /** The library is loaded for the first session: calls with API keys alone never need it. */
  private get jwt(): Made {
    this.made ??= this.make();
    return this.made;
  }

  private make(): Made {
    const { createSigner, createVerifier } = load("fast-jwt") as typeof FastJwt;
    const { key } = this;
    const sign = createSigner<object>({ key, algorithm: "HS256" });
    const verify: Made["verify"] = createVerifier<string>({
      key,
      algorithms: ["HS256"],
      allowedIss: ISSUER,
      allowedAud: AUDIENCE,
      requiredClaims: ["iss", "aud", "sub", "sid", "typ", "iat", "exp"],
      ignoreExpiration: true,
      ignoreNotBefore: true,
      complete: true,
      cache: false,
    });
    return { sign, verify };
  }

  issue(
    { userId, sessionId }: { readonly userId: string; readonly sessionId: string },
    now: Date,
  ): string {
    const iat = Math.floor(now.getTime() / 1000);
    return this.jwt.sign({
      iss: ISSUER,
      aud: AUDIENCE,
      typ: TYPE,
      sub: userId,
      sid: sessionId,
      iat,
      exp: iat + SESSION_TOKEN_S,
    });
  }

  /** What the token says, or undefined where it is not one of ours or not good now. */
  read(token: string, now: Date): SessionClaims | undefined {
    if (token.length > TOKEN_MAX_CHARACTERS) {
      return undefined;
    }
    try {
      const { header, payload } = this.jwt.verify(token);
      return isOurHeader(header) ? claimsOf(payload, now) : undefined;
    } catch {
      // The library throws for whatever is not a token that this key signed.
      return undefined;
    }
  }
}

/** `alg` and `typ` alone: a token that names a key or a place to fetch one is not ours. */
function isOurHeader(header: object): boolean {
  return Object.keys(header).every((name) => name === "alg" || name === "typ");
}

function claimsOf({ sub, sid, typ, iat, exp }: Payload, now: Date): SessionClaims | undefined {
  const nowS = now.getTime() / 1000;
  const sound =
    typ === TYPE &&
    isId("usr", sub) &&
    isId("ses", sid) &&
    typeof iat === "number" &&
    typeof exp === "number" &&
    exp > nowS &&
    iat <= nowS + CLOCK_DIFFERENCE_S &&
    exp - iat <= SESSION_TOKEN_S;
  return sound ? { userId: sub, sessionId: sid, expiresMs: exp * 1000 } : undefined;
}

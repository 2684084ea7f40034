import { createHash, createPrivateKey, createPublicKey, hkdfSync } from "node:crypto";
import { createRequire } from "node:module";
import type * as FastJwt from "fast-jwt";
import type { UserActor } from "#kernel";

const load = createRequire(import.meta.url);

/** The header in which an upstream finds who calls. */
export const IDENTITY_HEADER = "x-basalt-identity";
/** Where upstreams fetch the key that checks it. */
export const JWKS_PATH = "/.well-known/jwks.json";
/** How long a signed identity is good, seconds. */
export const IDENTITY_S = 60;
/** A signature is used again for this part of its life: signing costs more than all else of a forwarded request. */
const KEPT_MS = 30_000;
const KEPT_MAX = 10_000;

/** PKCS #8 before the 32 bytes of an Ed25519 key (RFC 8410). */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** A public key as JWKS shows it. */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly kid: string;
  readonly alg: "EdDSA";
  readonly use: "sig";
}

/**
 * Tells upstreams who calls: a JWT, EdDSA, good for a minute, for one upstream (`aud`). The key comes from the root secret, so
 * that all processes of an instance sign alike; the public half is at `/.well-known/jwks.json`.
 */
export class IdentitySigner {
  readonly jwks: { readonly keys: readonly PublicJwk[] };
  private readonly makeSigner: () => (payload: object) => string;
  private sign: ((payload: object) => string) | undefined;
  private readonly issuer: string;
  private readonly now: () => Date;
  private readonly kept = new Map<string, { readonly token: string; readonly untilMs: number }>();

  constructor(
    { secret, publicUrl }: { readonly secret: string; readonly publicUrl: string },
    now: () => Date,
  ) {
    const seed = Buffer.from(hkdfSync("sha256", secret, "basalt", "gateway.identity", 32));
    const key = createPrivateKey({
      key: Buffer.concat([PKCS8_ED25519, seed]),
      format: "der",
      type: "pkcs8",
    });
    const { x = "" } = createPublicKey(key).export({ format: "jwk" });
    const kid = createHash("sha256").update(x).digest("base64url").slice(0, 16);
    this.jwks = { keys: [{ kty: "OKP", crv: "Ed25519", x, kid, alg: "EdDSA", use: "sig" }] };
    // The library is loaded for the first signature: most instances have no upstream that asks for one.
    this.makeSigner = () => {
      const { createSigner } = load("fast-jwt") as typeof FastJwt;
      const pem = key.export({ format: "pem", type: "pkcs8" });
      return createSigner<object>({ key: pem, algorithm: "EdDSA", kid });
    };
    this.issuer = publicUrl;
    this.now = now;
  }

  /** The signed identity of this caller for this upstream. */
  identityOf(actor: UserActor, audience: string): string {
    const nowMs = this.now().getTime();
    const { credential } = actor;
    const who = credential.kind === "key" ? credential.keyId : credential.sessionId;
    const name = `${audience} ${actor.userId} ${who}`;
    const known = this.kept.get(name);
    if (known !== undefined && known.untilMs > nowMs) {
      return known.token;
    }
    const iat = Math.floor(nowMs / 1_000);
    this.sign ??= this.makeSigner();
    const token = this.sign({
      iss: this.issuer,
      aud: audience,
      sub: actor.userId,
      email: actor.email,
      name: actor.name,
      iat,
      exp: iat + IDENTITY_S,
      ...(credential.kind === "key"
        ? { key: credential.keyId, scope: [...credential.scopes].join(" ") }
        : { sid: credential.sessionId }),
    });
    if (this.kept.size >= KEPT_MAX) {
      this.kept.clear();
    }
    this.kept.set(name, { token, untilMs: nowMs + KEPT_MS });
    return token;
  }
}

import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { SESSION_TOKEN_S, SessionTokens } from "./session-token.ts";

const key = Buffer.alloc(32, 7);
const tokens = new SessionTokens(key);
const now = new Date("2026-05-01T12:00:00Z");
const nowS = now.getTime() / 1000;
const userId = "usrAAAAAAAAAAAAAA";
const sessionId = "sesAAAAAAAAAAAAAA";
const good = {
  iss: "basalt",
  aud: "basalt.api",
  typ: "session",
  sub: userId,
  sid: sessionId,
  iat: nowS,
  exp: nowS + SESSION_TOKEN_S,
};

test("what was issued is read back until it ends", () => {
  const token = tokens.issue({ userId, sessionId }, now);
  expect(tokens.read(token, now)).toEqual({
    userId,
    sessionId,
    expiresMs: now.getTime() + SESSION_TOKEN_S * 1000,
  });
  expect(tokens.read(token, new Date(now.getTime() + SESSION_TOKEN_S * 1000 - 1))).toBeDefined();
  expect(tokens.read(token, new Date(now.getTime() + SESSION_TOKEN_S * 1000))).toBeUndefined();
});

test("the forged tokens below differ from a good one only where they say", () => {
  expect(tokens.read(forge({}, {}), now)).toBeDefined();
});

describe("refused", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const rs256 = (): string => {
    const input = encode({ alg: "RS256", typ: "JWT" }, good);
    return `${input}.${sign("RSA-SHA256", Buffer.from(input), privateKey).toString("base64url")}`;
  };
  const token = forge({}, {});
  const [header = "", payload = "", signature = ""] = token.split(".");
  test.each([
    ["alg none without a signature", `${encode({ alg: "none", typ: "JWT" }, good)}.`],
    ["alg none with the right signature", forge({ alg: "none" }, {})],
    ["alg None in another case", forge({ alg: "nOnE" }, {})],
    ["HS384 of the same key", forge({ alg: "HS384" }, {}, { digest: "sha384" })],
    ["HS512 of the same key", forge({ alg: "HS512" }, {}, { digest: "sha512" })],
    ["RS256 of somebody's key", rs256()],
    [
      "HS256 with a public key as the secret",
      forge({}, {}, { secret: publicKey.export({ type: "spki", format: "pem" }) }),
    ],
    ["HS256 of another key", forge({}, {}, { secret: Buffer.alloc(32, 8) })],
    ["a foreign kid", forge({ kid: "other" }, {})],
    ["a kid that is a path", forge({ kid: "../../dev/null" }, {})],
    ["a jku", forge({ jku: "https://evil.example/keys" }, {})],
    ["a jwk", forge({ jwk: { kty: "oct", k: "AAAA" } }, {})],
    ["an unknown critical header", forge({ crit: ["exp"] }, {})],
    ["no alg", forge({ alg: undefined }, {})],
    ["another issuer", forge({}, { iss: "elsewhere" })],
    ["another audience", forge({}, { aud: "basalt.mail" })],
    ["another type", forge({}, { typ: "refresh" })],
    ["no type", forge({}, { typ: undefined })],
    ["no session", forge({}, { sid: undefined })],
    ["a session that is no text", forge({}, { sid: { raw: "1" } })],
    ["a user that is a list", forge({}, { sub: [userId] })],
    ["a user id of another kind", forge({}, { sub: "appAAAAAAAAAAAAAA" })],
    ["no end", forge({}, { exp: undefined })],
    ["an end that is text", forge({}, { exp: "9999999999" })],
    ["expired", forge({}, { iat: nowS - 1000, exp: nowS - 100 })],
    ["a life longer than ours", forge({}, { exp: nowS + 10 * SESSION_TOKEN_S })],
    ["from the future", forge({}, { iat: nowS + 600, exp: nowS + 1200 })],
    ["a cut signature", token.slice(0, -2)],
    ["no signature", `${header}.${payload}.`],
    [
      "another payload under the signature",
      `${header}.${encode({}, { ...good, sub: "usrBBBBBBBBBBBBBB" }).split(".")[1]}.${signature}`,
    ],
    ["four parts", `${token}.AAAA`],
    ["two parts", `${header}.${payload}`],
    ["nothing", ""],
    ["dots", ".."],
    ["not base64", "é.é.é"],
    ["very long", `${header}.${"A".repeat(100_000)}.${signature}`],
  ])("%s", (_, wrong) => {
    expect(tokens.read(wrong, now)).toBeUndefined();
  });
});

function encode(header: object, payload: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(payload)}`;
}

function forge(
  header: object,
  payload: object,
  {
    digest = "sha256",
    secret = key,
  }: { readonly digest?: string; readonly secret?: Buffer | string } = {},
): string {
  const input = encode({ alg: "HS256", typ: "JWT", ...header }, { ...good, ...payload });
  return `${input}.${createHmac(digest, secret).update(input).digest("base64url")}`;
}

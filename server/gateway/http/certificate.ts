import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type Server } from "node:tls";
import { type Config, type Log, Problem } from "#kernel";

/** How often the files are looked at, milliseconds. Watching a folder misses how Kubernetes and certbot swap links. */
const LOOK_EVERY_MS = 2_000;

type Files = NonNullable<Config["tls"]>;

/** A certificate chain and its key, as they are in the files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Reads the files and checks that they fit. Problem: `gateway.tls-files`. */
export async function readCertificate(files: Files): Promise<Certificate> {
  // One after the other, so that the same file is named each time where both are missing.
  const cert = await textOf(files.certFile, "BASALT_TLS_CERT");
  const key = await textOf(files.keyFile, "BASALT_TLS_KEY");
  const why = wrongWith({ cert, key });
  if (why !== undefined) {
    throw new Problem("conflict", "gateway.tls-files", {
      message: `BASALT_TLS_CERT and BASALT_TLS_KEY cannot be used: ${why}.`,
    });
  }
  return { cert, key };
}

export interface FollowOptions {
  readonly files: Files;
  /** The one that is in use. */
  readonly from: Certificate;
  readonly log: Pick<Log, "info" | "warn">;
  readonly lookEveryMs?: number | undefined;
}

/**
 * Takes a new certificate into use when the files change: connections that are open stay, new ones get it. Files that cannot be used
 * are told once, and the old certificate stays. Answers the way to stop.
 */
export function followCertificate(
  server: Pick<Server, "setSecureContext">,
  { files, from, log, lookEveryMs = LOOK_EVERY_MS }: FollowOptions,
): () => void {
  let inUse = from;
  let refused = "";
  let suspected = "";
  let isLooking = false;
  const look = async (): Promise<void> => {
    try {
      const found = await readCertificate(files);
      refused = "";
      suspected = "";
      if (found.cert !== inUse.cert || found.key !== inUse.key) {
        server.setSecureContext({ ...found, minVersion: TLS_MIN });
        inUse = found;
        log.info({ expires: expiryOf(found) }, "a new certificate is in use");
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // Told at the second look: a file may be in the middle of being written.
      const isSure = why === suspected;
      suspected = why;
      if (isSure && why !== refused) {
        refused = why;
        log.warn(
          { why, expires: expiryOf(inUse) },
          "a new certificate is not used; the old one stays",
        );
      }
    }
  };
  const timer = setInterval(() => {
    if (!isLooking) {
      isLooking = true;
      void look().finally(() => {
        isLooking = false;
      });
    }
  }, lookEveryMs).unref();
  return () => clearInterval(timer);
}

/** Older ones are broken. Source: RFC 8996. */
export const TLS_MIN = "TLSv1.2";

async function textOf(file: string, setting: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Problem("conflict", "gateway.tls-files", {
      message: `${setting} names ${file}, which cannot be read.`,
      cause,
    });
  }
}

function wrongWith(certificate: Certificate): string | undefined {
  try {
    createSecureContext({ ...certificate, minVersion: TLS_MIN });
    new X509Certificate(certificate.cert);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^error:[0-9A-F]+:/i, "") : "unknown";
  }
}

function expiryOf({ cert }: Certificate): string {
  return new X509Certificate(cert).validTo;
}

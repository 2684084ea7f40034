// Run by `embeddedProcess`: opens the embedded server of a data directory and keeps it until its input ends.
import { once } from "node:events";
import { openDataDir } from "../data-dir.ts";
import { silentLog } from "../log.ts";
import { startEmbeddedPostgres } from "../postgres/start-embedded-postgres.ts";
import { StartError } from "../start-error.ts";

const dataDir = process.argv[2] ?? "";
try {
  await openDataDir(dataDir);
  const { url, adopted, stop } = await startEmbeddedPostgres({ dataDir, log: silentLog });
  process.stdout.write(`${JSON.stringify({ url, adopted })}\n`);
  process.stdin.resume();
  await once(process.stdin, "end");
  await stop();
} catch (error) {
  if (!(error instanceof StartError)) {
    throw error;
  }
  process.stdout.write(`${JSON.stringify({ refusal: error.message })}\n`);
}

import { once } from "node:events";
import { makeSampleBase } from "#records";
import { openLog, systemScope, type Config } from "#kernel";
import { openWorld } from "./open-world.ts";

// Started by `sample.ts` with the settings as its one message. When the server goes, the transaction goes with it.
const [config] = (await once(process, "message")) as [Config];
process.once("disconnect", () => process.exit(1));
const log = openLog(config);
const { world, close } = await openWorld({ ...config, databasePoolMax: 3 }, log);
try {
  await makeSampleBase(systemScope(world, "sample"));
} finally {
  await close();
  log.flush();
}
process.disconnect?.();
process.exit(0);

import type { Hono } from "hono";
import { type HttpEnv, StartError, type World } from "#kernel";
import type { OpenUpstreams, OpenUpstreamsOptions } from "./open-upstreams.ts";

/** The gateway file at work, with the routes of its administration. */
export interface LoadedUpstreams extends OpenUpstreams {
  readonly routes: Hono<HttpEnv>;
}

/**
 * Opens the gateway file and what it names. The code for it is loaded here: a process that is no gateway does without.
 * Throws `StartError` where the file is wrong.
 */
export async function loadUpstreams(
  world: World,
  options: OpenUpstreamsOptions,
): Promise<LoadedUpstreams> {
  const [{ openUpstreams }, { gatewayRoutes }, { GatewayFileError }] = await Promise.all([
    import("./open-upstreams.ts"),
    import("./routes.ts"),
    import("../file/watch-file.ts"),
  ]);
  try {
    const opened = await openUpstreams(world, options);
    return { ...opened, routes: gatewayRoutes(opened) };
  } catch (error) {
    if (error instanceof GatewayFileError) {
      throw new StartError(`The gateway file cannot be used: ${error.message}`);
    }
    throw error;
  }
}

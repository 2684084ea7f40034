import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A port that is free at this moment on the address; another program may take it before it is opened. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

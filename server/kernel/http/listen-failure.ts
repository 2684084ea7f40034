import { Problem } from "../problem.ts";

/**
 * What the system says when an address cannot be listened on, as a sentence for whoever runs Basalt. Problems:
 * `gateway.port-taken`, `gateway.port-not-allowed`, `gateway.address-not-available`; another error is answered as it is.
 */
export function listenFailure(
  error: Error & { readonly code?: string },
  { host, port }: { readonly host: string; readonly port: number },
): unknown {
  switch (error.code) {
    case "EADDRINUSE":
      return new Problem("conflict", "gateway.port-taken", {
        message: `Port ${port} on ${host} is taken by another program: stop it, or set BASALT_PORT.`,
        cause: error,
      });
    case "EACCES":
      return new Problem("conflict", "gateway.port-not-allowed", {
        message: `This user may not open port ${port}: choose one above 1023 with BASALT_PORT.`,
        cause: error,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new Problem("conflict", "gateway.address-not-available", {
        message: `This machine has no address ${host}: correct BASALT_HOST.`,
        cause: error,
      });
    default:
      return error;
  }
}

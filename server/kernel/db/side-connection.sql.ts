import { quoteIdent } from "./sql.ts";

/** A channel takes no parameter. */
export const listenOn = (channel: string): string => `listen ${quoteIdent(channel)}`;

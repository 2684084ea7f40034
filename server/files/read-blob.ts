import { Problem, type World } from "#kernel";
import { blobKey } from "./attachment.ts";

/** The bytes of an attachment, for exports. Problems: `files.not-found`. */
export async function readBlob(
  world: Pick<World, "store">,
  hash: string,
): Promise<AsyncIterable<Uint8Array>> {
  const bytes = await world.store.get(blobKey(hash));
  if (bytes === undefined) {
    throw fileNotFound();
  }
  return bytes;
}

/** The link or the cell is right, but its bytes are gone. */
export function fileNotFound(): Problem {
  return new Problem("not-found", "files.not-found", {
    message: "The file is not there any more.",
  });
}

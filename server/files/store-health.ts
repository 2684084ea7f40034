import type { World } from "#kernel";
import { blobKey } from "./attachment.ts";

/** Rejects when the object store cannot be asked. For the health page: a look at a key that nothing has. */
export async function storeAnswers({ store }: Pick<World, "store">): Promise<void> {
  await store.size(blobKey("0".repeat(64)));
}

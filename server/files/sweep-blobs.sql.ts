import { sql, type Sql } from "#kernel";

/** Blobs that nobody has stored anew since `before` and that render no other blob, in the order of their hashes. */
export function findOldBlobs(page: {
  readonly before: Date;
  readonly after: string;
  readonly limit: number;
}): Sql {
  return sql`
    select hash from files.blobs
    where touched_at < ${page.before} and hash > ${page.after}
      and not exists (select from files.thumbnails where thumbnails.hash = blobs.hash)
    order by hash
    limit ${page.limit}`;
}

/** Holds the row until the end of the transaction; touches nothing if somebody has stored the bytes anew meanwhile. */
export function deleteOldBlob(hash: string, before: Date): Sql {
  return sql`
    delete from files.blobs
    where hash = ${hash} and touched_at < ${before}
      and not exists (select from files.thumbnails where thumbnails.hash = blobs.hash)`;
}

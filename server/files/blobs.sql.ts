import { join, sql, type Sql } from "#kernel";
import type { ThumbnailName } from "./attachment.ts";

/** A row of `files.blobs`. */
export interface BlobRow {
  readonly hash: string;
  readonly size: number;
  readonly width: number | null;
  readonly height: number | null;
}

export interface ThumbnailRow {
  readonly name: ThumbnailName;
  readonly hash: string;
  readonly width: number;
  readonly height: number;
}

/** Says that the bytes are wanted again, and what is known of them. */
export function touchBlob(hash: string, now: Date): Sql {
  return sql`
    update files.blobs set touched_at = ${now}
    where hash = ${hash}
    returning hash, size::float8 as size, width, height`;
}

export function thumbnailsOf(hash: string): Sql {
  return sql`select name, hash, width, height from files.thumbnails where blob = ${hash}`;
}

/** The rows must be of different hashes; they are taken in one order, so that two calls never wait for each other. */
export function upsertBlobs(rows: readonly BlobRow[], now: Date): Sql {
  const values = rows
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(
      ({ hash, size, width, height }) =>
        sql`(${hash}, ${size}::bigint, ${width}::integer, ${height}::integer, ${now}::timestamptz, ${now}::timestamptz)`,
    );
  return sql`
    insert into files.blobs (hash, size, width, height, created_at, touched_at)
    values ${join(values)}
    on conflict (hash) do update set touched_at = excluded.touched_at`;
}

export function insertThumbnails(blob: string, rows: readonly ThumbnailRow[]): Sql {
  const values = rows.map(
    ({ name, hash, width, height }) =>
      sql`(${blob}, ${name}, ${hash}, ${width}::integer, ${height}::integer)`,
  );
  return sql`
    insert into files.thumbnails (blob, name, hash, width, height)
    values ${join(values)}
    on conflict (blob, name) do nothing`;
}

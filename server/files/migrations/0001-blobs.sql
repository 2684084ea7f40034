-- Bytes that are stored, once for each content, whoever attached them. Who still needs them is not counted here: cells,
-- the change log and undo live in other schemas, so blobs that nobody needs are found by asking, and swept.
create table files.blobs (
  hash text collate "C" primary key check (hash ~ '^[0-9a-f]{64}$'),
  size bigint not null check (size >= 0),
  -- Pixels as shown; null for what is no image.
  width integer check (width > 0),
  height integer check (height > 0),
  created_at timestamptz not null,
  -- When somebody last stored these bytes. Younger blobs are not swept, as their cell may not be written yet.
  touched_at timestamptz not null
);
create index blobs_by_touch on files.blobs (touched_at);

-- Renderings of an image. They are blobs of their own; while the image is there, they are kept.
create table files.thumbnails (
  blob text collate "C" not null references files.blobs (hash) on delete cascade,
  name text collate "C" not null check (name in ('small', 'large', 'full')),
  hash text collate "C" not null references files.blobs (hash),
  width integer not null check (width > 0),
  height integer not null check (height > 0),
  primary key (blob, name),
  check (hash <> blob)
);
create index thumbnails_by_hash on files.thumbnails (hash);

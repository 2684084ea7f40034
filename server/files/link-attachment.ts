import type { Config } from "#kernel";
import {
  THUMBNAIL_TYPE,
  thumbnailNames,
  type Attachment,
  type ThumbnailName,
} from "./attachment.ts";
import { signedUrl } from "./signed-url.ts";

/** An attachment as a reader gets it: with links in place of hashes. */
export interface LinkedAttachment {
  readonly id: string;
  readonly url: string;
  readonly filename: string;
  readonly size: number;
  readonly type: string;
  readonly width?: number;
  readonly height?: number;
  readonly thumbnails?: Readonly<Record<ThumbnailName, LinkedThumbnail>>;
}

export interface LinkedThumbnail {
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

/** The attachment with whole URLs that work for two hours from now. For whoever may read the cell. */
export function linkAttachment(
  config: Pick<Config, "secret" | "publicUrl">,
  now: Date,
  attachment: Attachment,
): LinkedAttachment {
  const { id, filename, size, type, hash, width, height, thumbnails } = attachment;
  const link = (to: { hash: string; filename: string; type: string }): string =>
    config.publicUrl + signedUrl(config, now, { attachmentId: id, ...to });
  const linked =
    thumbnails &&
    (Object.fromEntries(
      thumbnailNames.map((name) => {
        const thumbnail = thumbnails[name];
        const isOriginal = thumbnail.hash === hash;
        const to = isOriginal
          ? { hash, filename, type }
          : { hash: thumbnail.hash, filename: `${name}.webp`, type: THUMBNAIL_TYPE };
        return [name, { url: link(to), width: thumbnail.width, height: thumbnail.height }];
      }),
    ) as Record<ThumbnailName, LinkedThumbnail>);
  return {
    id,
    url: link({ hash, filename, type }),
    filename,
    size,
    type,
    ...(width === undefined || height === undefined ? {} : { width, height }),
    ...(linked === undefined ? {} : { thumbnails: linked }),
  };
}

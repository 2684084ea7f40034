import { openPromise } from "yauzl";
import { ZipFile } from "yazl";

/** Name -> content of every entry of an archive on disk, in their order. For tests. */
export async function entriesOfZip(file: string): Promise<[string, string][]> {
  const zip = await openPromise(file, { autoClose: false });
  const entries: [string, string][] = [];
  for await (const entry of zip.eachEntry()) {
    const stream = await zip.openReadStreamPromise(entry);
    const chunks = await Array.fromAsync(stream as AsyncIterable<Uint8Array>);
    entries.push([entry.fileName, Buffer.concat(chunks).toString("utf8")]);
  }
  zip.close();
  return entries;
}

/** An entry as a test writes it. */
export interface ZippedEntry {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly mode?: number;
  readonly compress?: boolean;
}

/** An archive of these entries. */
export async function zipOf(entries: readonly ZippedEntry[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const { name, content, mode = 0o100644, compress = true } of entries) {
    zip.addBuffer(Buffer.from(content), name, { mode, compress });
  }
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Uint8Array>));
}

/** The bytes with one text replaced by another of the same length, everywhere. */
export function withText(bytes: Buffer, text: string, other: string): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll(text, other), "latin1");
}

import { openPromise } from "yauzl";

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

import { createHash } from "node:crypto";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openDiskStore } from "./disk-store.ts";
import type { ObjectStore } from "./object-store.ts";

const made: string[] = [];
let root = "";
let store: ObjectStore;

beforeEach(async () => {
  root = path.join(await mkdtemp(path.join(tmpdir(), "basalt-store-")), "files");
  made.push(path.dirname(root));
  store = await openDiskStore(root);
});

afterAll(async () => {
  for (const directory of made) {
    await rm(directory, { recursive: true, force: true });
  }
});

function keyOf(text: string): string {
  const hash = createHash("sha256").update(text).digest("hex");
  return `${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
}

async function textOf(bytes: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  return bytes === undefined ? undefined : Buffer.concat(await Array.fromAsync(bytes)).toString();
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    yield Buffer.from(text);
  }
}

describe("an object on disk", () => {
  it("is stored from bytes and from a stream, and read back", async () => {
    await store.put(keyOf("hello"), Buffer.from("hello"));
    await store.put(keyOf("hello world"), pieces("hello", " ", "world"));
    await store.put(keyOf(""), Buffer.alloc(0));
    expect(await textOf(await store.get(keyOf("hello")))).toBe("hello");
    expect(await textOf(await store.get(keyOf("hello world")))).toBe("hello world");
    expect(await textOf(await store.get(keyOf("")))).toBe("");
    expect(await store.size(keyOf("hello world"))).toBe(11);
    expect(await store.size(keyOf(""))).toBe(0);
  });

  it("lies under its hash, for the program alone, with nothing left beside it", async () => {
    await store.put(keyOf("hello"), Buffer.from("hello"));
    const file = path.join(root, keyOf("hello"));
    expect(await readFile(file, "utf8")).toBe("hello");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect(await readdir(path.join(root, "unfinished"))).toEqual([]);
  });

  it("is read in ranges whose ends are cut", async () => {
    await store.put(keyOf("0123456789"), Buffer.from("0123456789"));
    const read = async (start: number, end: number): Promise<string | undefined> =>
      textOf(await store.get(keyOf("0123456789"), { start, end }));
    expect(await read(0, 0)).toBe("0");
    expect(await read(3, 5)).toBe("345");
    expect(await read(8, 99)).toBe("89");
  });

  it("is unknown until it is stored and after it is deleted", async () => {
    expect(await store.get(keyOf("x"))).toBeUndefined();
    expect(await store.size(keyOf("x"))).toBeUndefined();
    await store.delete(keyOf("x"));
    await store.put(keyOf("x"), Buffer.from("x"));
    await store.delete(keyOf("x"));
    expect(await store.get(keyOf("x"))).toBeUndefined();
  });

  it("is stored once, also by many at a time", async () => {
    await Promise.all(
      Array.from({ length: 20 }, () => store.put(keyOf("same"), pieces("sa", "me"))),
    );
    expect(await textOf(await store.get(keyOf("same")))).toBe("same");
    await store.put(keyOf("same"), pieces("never read"));
    expect(await textOf(await store.get(keyOf("same")))).toBe("same");
    expect(await readdir(path.join(root, "unfinished"))).toEqual([]);
  });

  it("holds nothing open when its stream is left early or never read", async () => {
    await store.put(keyOf("big"), Buffer.alloc(1_000_000, "a"));
    await store.get(keyOf("big"));
    for await (const chunk of (await store.get(keyOf("big"))) ?? []) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    const open = await openFiles();
    expect(open.filter((file) => file.startsWith(root))).toEqual([]);
  });
});

describe("a failure", () => {
  async function* broken(code: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw Object.assign(new Error(code), { code });
  }

  it.each(["ENOSPC", "EDQUOT"])("of space (%s) is a problem and leaves nothing", async (code) => {
    await expect(store.put(keyOf("x"), broken(code))).rejects.toMatchObject({
      kind: "storage-full",
      code: "kernel.storage-full",
    });
    expect(await store.size(keyOf("x"))).toBeUndefined();
    expect(await readdir(path.join(root, "unfinished"))).toEqual([]);
  });

  it("of the source is passed on and leaves nothing", async () => {
    await expect(store.put(keyOf("x"), broken("ECONNRESET"))).rejects.toThrow("ECONNRESET");
    expect(await store.size(keyOf("x"))).toBeUndefined();
    expect(await readdir(path.join(root, "unfinished"))).toEqual([]);
  });

  it.each([
    "",
    "hello",
    "../../etc/passwd",
    "ab/cd/../../../etc/passwd",
    "/etc/passwd",
    `ab/cd/${"a".repeat(63)}`,
    `ab/cd/${"A".repeat(64)}`,
    `ab/cd/${"a".repeat(64)}\0`,
    `ab/cd/${"a".repeat(64)}\n`,
    `ab\\cd\\${"a".repeat(64)}`,
  ])("of the program to make the key from a hash is a bug: %j", async (key) => {
    await expect(store.put(key, Buffer.from("x"))).rejects.toThrow("made from its hash");
    await expect(store.get(key)).rejects.toThrow("made from its hash");
    await expect(store.size(key)).rejects.toThrow("made from its hash");
    await expect(store.delete(key)).rejects.toThrow("made from its hash");
  });

  it("of an earlier process to finish is cleared up after a day", async () => {
    const old = path.join(root, "unfinished", "old");
    const young = path.join(root, "unfinished", "young");
    await writeFile(old, "half");
    await writeFile(young, "half");
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1_000);
    await utimes(old, twoDaysAgo, twoDaysAgo);
    await openDiskStore(root);
    expect(await readdir(path.join(root, "unfinished"))).toEqual(["young"]);
  });

  it("to open a directory is the file system's error", async () => {
    const file = path.join(path.dirname(root), "a-file");
    await writeFile(file, "");
    await expect(openDiskStore(path.join(file, "below"))).rejects.toMatchObject({
      code: "ENOTDIR",
    });
    await mkdir(path.join(path.dirname(root), "fine"));
    await expect(openDiskStore(path.join(path.dirname(root), "fine"))).resolves.toBeDefined();
  });
});

/** What this process has open, where the system tells. */
async function openFiles(): Promise<string[]> {
  const numbers = await readdir("/proc/self/fd").catch(() => []);
  const names = numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => ""));
  return Promise.all(names);
}

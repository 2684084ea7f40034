import { expect, test } from "vitest";
import { HashSlots } from "./hash-slots.ts";
import { Turns } from "./turns.ts";

const pause = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

test("work under one key runs one after the other, in order, whatever fails", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const work = (name: string, fails = false) =>
    turns.take("ada", async () => {
      seen.push(`${name} begins`);
      await pause();
      seen.push(`${name} ends`);
      if (fails) {
        throw new Error(name);
      }
      return name;
    });
  const all = await Promise.allSettled([work("a"), work("b", true), work("c")]);
  expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("work under another key does not wait", async () => {
  const turns = new Turns();
  let release: () => void = () => undefined;
  const held = turns.take("ada", () => new Promise<void>((resolve) => (release = resolve)));
  expect(await turns.take("bob", async () => "done")).toBe("done");
  release();
  await held;
});

test("too many in line are told to come back", async () => {
  const turns = new Turns();
  let release: () => void = () => undefined;
  const first = turns.take("ada", () => new Promise<void>((resolve) => (release = resolve)));
  const line = Array.from({ length: 199 }, () => turns.take("ada", async () => undefined));
  await expect(turns.take("ada", async () => undefined)).rejects.toMatchObject({
    code: "identity.busy",
    kind: "unavailable",
  });
  release();
  await Promise.all([first, ...line]);
  await turns.take("ada", async () => undefined);
});

test("no more hashes at once than there are slots, and all get their turn", async () => {
  const slots = new HashSlots();
  let running = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 50 }, () =>
      slots.run(async () => {
        running += 1;
        most = Math.max(most, running);
        await pause();
        running -= 1;
      }),
    ),
  );
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(3);
});

test("a hash that fails gives its slot back", async () => {
  const slots = new HashSlots();
  for (let at = 0; at < 10; at += 1) {
    await expect(slots.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  }
  expect(await slots.run(async () => 1)).toBe(1);
});

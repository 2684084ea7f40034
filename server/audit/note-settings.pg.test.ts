import { expect, test } from "vitest";
import { sql } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import { noteSettings } from "./note-settings.ts";

const world = testWorld();

test("settings are an act when they have changed, and only then, without a secret", async () => {
  await Promise.all([1, 2, 3].map(async () => noteSettings(world().system)));
  const config = {
    ...world().config,
    registration: "closed" as const,
    smtpUrl: "smtp://me:canary-of-smtp@mail.test",
  };
  await noteSettings({ ...world().system, config });
  await noteSettings({ ...world().system, config });
  const noted = await world().db.all<{ details: { changed: string[] }; text: string }>(sql`
    select details, details::text as text from acts.entries where act = 'instance.settings-changed' order by seq`);
  expect(noted.map(({ details }) => details.changed)).toEqual([[], ["mail", "registration"]]);
  expect(noted.map(({ text }) => text).join()).not.toContain("canary");
});

import { expect, test } from "vitest";
import { figuresPage } from "./figures-page.ts";

test("every promised number of the plans has its place, measured or not", async () => {
  const response = await figuresPage();
  const text = await response.text();

  const ids = [...text.matchAll(/<h2 id="(N\d+)">/g)].map(([, id]) => id);
  expect(ids).toEqual(Array.from({ length: 21 }, (_, index) => `N${index + 1}`));
  expect(text).toContain("48,000 requests/s");
  expect(text).not.toContain("<script");
});

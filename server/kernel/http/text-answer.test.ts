import { expect, test } from "vitest";
import { jsonAnswer, partsOf, textAnswer } from "./text-answer.ts";

test("a text answer is a Response in every way that is used", async () => {
  const answer = textAnswer(201, "héllo", { "content-type": "text/plain", "x-a": "1" });
  expect(answer).toBeInstanceOf(Response);
  expect(answer.ok).toBe(true);
  expect(answer.status).toBe(201);
  expect(partsOf(answer)?.text).toBe("héllo");
  const copy = answer.clone();
  expect(answer.headers.get("x-a")).toBe("1");
  expect(await answer.text()).toBe("héllo");
  expect(answer.bodyUsed).toBe(true);
  expect(await copy.text()).toBe("héllo");
});

test("headers that were set afterwards count: the parts are then no longer the whole truth", () => {
  const answer = jsonAnswer({ a: 1 });
  expect(partsOf(answer)).toMatchObject({ status: 200, text: '{"a":1}' });
  answer.headers.set("allow", "GET");
  expect(partsOf(answer)).toBeUndefined();
  expect(answer.headers.get("allow")).toBe("GET");
});

test("JSON that is written already is taken as it is", async () => {
  expect(await jsonAnswer('{"a":1}', { status: 404, headers: { etag: "1" } }).json()).toEqual({
    a: 1,
  });
  expect(partsOf(new Response("x"))).toBeUndefined();
});

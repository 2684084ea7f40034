import fc from "fast-check";
import { expect, test } from "vitest";
import { mayMention, resolveMentions } from "./mentions.ts";

const ada = { id: "usrAAAAAAAAAAAAAA", email: "Ada@Example.com", name: "Ada" };
const bob = { id: "usrBBBBBBBBBBBBBB", email: "bob+x@example.com", name: "Bob" };
const people = [ada, bob];

const mention = ({ id, email, name }: typeof ada): object => ({
  type: "user",
  id,
  displayName: name,
  name,
  email,
});

test.each([
  ["@[usrAAAAAAAAAAAAAA]", "@[usrAAAAAAAAAAAAAA]", [ada]],
  ["hi @[ada@example.COM]!", "hi @[usrAAAAAAAAAAAAAA]!", [ada]],
  [
    "@[bob+x@example.com]@[Ada@Example.com]",
    "@[usrBBBBBBBBBBBBBB]@[usrAAAAAAAAAAAAAA]",
    [bob, ada],
  ],
  ["@[usrAAAAAAAAAAAAAA] @[usrAAAAAAAAAAAAAA]", "@[usrAAAAAAAAAAAAAA] @[usrAAAAAAAAAAAAAA]", [ada]],
  ["@@[[usrAAAAAAAAAAAAAA]]", "@@[[usrAAAAAAAAAAAAAA]]", []],
  [
    "@[usraaaaaaaaaaaaaa] in another case is nobody",
    "@[usraaaaaaaaaaaaaa] in another case is nobody",
    [],
  ],
  ["@[nobody@example.com] @[ugpAAAAAAAAAAAAAA] @[] @[ ] @[a b] @[__proto__]", undefined, []],
  ["a@[b", undefined, []],
])("%s", (text, resolved, mentioned) => {
  const answer = resolveMentions(text, people);
  expect(answer.text).toBe(resolved ?? text);
  expect(answer.mentioned).toEqual(
    Object.fromEntries(mentioned.map((who) => [who.id, mention(who)])),
  );
});

test("resolving twice is resolving once; without a mention nothing changes", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.constantFrom("@[", "]", "@[usrAAAAAAAAAAAAAA]", "@[bob+x@example.com]", "$&", "$1"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join("");
      const once = resolveMentions(text, people);
      expect(resolveMentions(once.text, people)).toEqual(once);
      if (!mayMention(text)) {
        expect(once).toEqual({ text, mentioned: {} });
      }
    }),
  );
});

test("a text of brackets takes no time to speak of", () => {
  const text = "@[".repeat(50_000);
  expect(resolveMentions(text, people)).toEqual({ text, mentioned: {} });
});

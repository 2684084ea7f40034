import type { Mention } from "@basalt/contract";

/** Somebody who can be mentioned. */
export interface Mentionable {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** A text with its mentions found. */
export interface MentionedText {
  /** Mentions by e-mail address have become mentions by id. */
  readonly text: string;
  /** By id; empty where nobody is mentioned. */
  readonly mentioned: Readonly<Record<string, Mention>>;
}

/** True where the text may mention somebody, so that it is worth asking who can be mentioned. */
export function mayMention(text: string): boolean {
  return text.search(MENTION) !== -1;
}

/**
 * Resolves `@[usr…]` and `@[email]` against those who can be mentioned. A target that is nobody stays plain text.
 */
export function resolveMentions(text: string, people: readonly Mentionable[]): MentionedText {
  const byTarget = new Map<string, Mentionable>();
  for (const person of people) {
    byTarget.set(person.id, person);
    byTarget.set(person.email.toLowerCase(), person);
  }
  const mentioned: Record<string, Mention> = {};
  const resolved = text.replaceAll(MENTION, (whole, target: string) => {
    const person = byTarget.get(target) ?? byTarget.get(target.toLowerCase());
    if (person === undefined) {
      return whole;
    }
    mentioned[person.id] = mentionOf(person);
    return `@[${person.id}]`;
  });
  return { text: resolved, mentioned };
}

/** The entry that goes with a mention; the name stands under both keys that clients read. */
export function mentionOf({ id, email, name }: Mentionable): Mention {
  return { type: "user", id, displayName: name, name, email };
}

/** 254 characters: the longest e-mail address. */
const MENTION = /@\[([^\][\s]{1,254})\]/g;

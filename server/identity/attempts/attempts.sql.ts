import { sql, type Sql } from "#kernel";
import type { LockRule } from "./attempts.ts";

export interface AttemptRow {
  readonly failures: number;
  readonly lockedUntil: Date | null;
}

interface Subject {
  readonly kind: string;
  readonly subject: string;
}

export const lockedSubjects = (subjects: readonly Subject[], now: Date): Sql => sql`
  select a.locked_until as "lockedUntil"
  from identity.sign_in_attempts a
  join unnest(${subjects.map(({ kind }) => kind)}::text[], ${subjects.map(({ subject }) => subject)}::text[]) as s(kind, subject)
    on s.kind = a.kind and s.subject = a.subject
  where a.locked_until > ${now}`;

/**
 * One statement, so that failures that arrive together are all counted. A window that is over, or a lock that has run
 * out, begins anew; a failure that was on its way while the lock fell does not make it longer.
 */
export function countFailure({ kind, subject }: Subject, rule: LockRule, now: Date): Sql {
  const at = sql`${now}::timestamptz`;
  const isOver = sql`(a.window_at <= ${before(now, rule.windowMs)}::timestamptz or a.locked_until <= ${at})`;
  const failures = sql`(case when ${isOver} then 1 else a.failures + 1 end)`;
  const locks = sql`(case when a.last_at <= ${before(now, rule.forgottenMs)}::timestamptz then 0 else a.locks end)`;
  const isLocked = sql`(a.locked_until is not null and a.locked_until > ${at})`;
  const isLocking = sql`(not ${isLocked} and ${failures} >= ${rule.failuresMax}::int)`;
  const lockMs = sql`least(${rule.lockMs}::float8 * power(2, ${locks}), ${rule.lockMaxMs}::float8)`;
  return sql`
    insert into identity.sign_in_attempts as a (kind, subject, failures, window_at, last_at, locks)
    values (${kind}, ${subject}, 1, ${at}, ${at}, 0)
    on conflict (kind, subject) do update set
      failures = ${failures},
      window_at = case when ${isOver} then ${at} else a.window_at end,
      last_at = ${at},
      locks = case when ${isLocking} then least(${locks} + 1, 20) else ${locks} end,
      locked_until = case when ${isLocking} then ${at} + ${lockMs} * interval '1 millisecond'
        when ${isLocked} then a.locked_until end
    returning failures, locked_until as "lockedUntil"`;
}

export const clearAttempts = ({ kind, subject }: Subject): Sql => sql`
  delete from identity.sign_in_attempts where kind = ${kind} and subject = ${subject}`;

function before(now: Date, ms: number): Date {
  return new Date(now.getTime() - ms);
}

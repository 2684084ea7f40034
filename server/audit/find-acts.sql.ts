import { empty, join, sql, type Sql } from "#kernel";

/** One act as the table has it. */
export interface ActEntry {
  readonly seq: number;
  readonly at: Date;
  readonly act: string;
  readonly outcome: "ok" | "refused";
  readonly reason: string | null;
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly actorName: string | null;
  readonly credentialKind: "session" | "key" | null;
  readonly credentialId: string | null;
  readonly targetKind: string | null;
  readonly targetId: string | null;
  readonly targetName: string | null;
  readonly workspaceId: string | null;
  readonly baseId: string | null;
  readonly address: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly source: string;
  readonly times: number;
  readonly details: Readonly<Record<string, unknown>> | null;
}

/** What narrows a search; absent means any. */
export interface ActFilters {
  readonly actor?: string | undefined;
  /** `module.act`, or `module.*`. */
  readonly act?: string | undefined;
  readonly target?: string | undefined;
  readonly workspace?: string | undefined;
  readonly base?: string | undefined;
  readonly outcome?: "ok" | "refused" | undefined;
  readonly address?: string | undefined;
  readonly text?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Done by this user or to this user. */
  readonly concerning?: string | undefined;
}

const columns = sql`seq, at, act, outcome, reason, actor_kind as "actorKind", actor_id as "actorId", actor_name as "actorName",
  credential_kind as "credentialKind", credential_id as "credentialId", target_kind as "targetKind",
  target_id as "targetId", target_name as "targetName", workspace_id as "workspaceId", base_id as "baseId", address,
  user_agent as "userAgent", request_id as "requestId", source, times, details`;

/** Newest first, below a number. Only what is asked for is in the statement, so each kind of question has its own plan. */
export const actsBefore = (
  filters: ActFilters,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Sql => sql`
  select ${columns} from acts.entries
  where true ${join(conditionsOf(filters), " ")} ${before === undefined ? empty : sql`and seq < ${before}`}
  order by seq desc limit ${limit}`;

function conditionsOf(filters: ActFilters): Sql[] {
  const { actor, act, target, workspace, base, outcome, address, since, until } = filters;
  const { text, concerning } = filters;
  return [
    when(actor, (id) => sql`and actor_id = ${id}`),
    when(act, actCondition),
    when(target, (id) => sql`and target_id = ${id}`),
    when(workspace, (id) => sql`and workspace_id = ${id}`),
    when(base, (id) => sql`and base_id = ${id}`),
    when(outcome, (wanted) => sql`and outcome = ${wanted}`),
    when(address, (wanted) => sql`and address = ${wanted}`),
    when(since, (at) => sql`and at >= ${at}`),
    when(until, (at) => sql`and at < ${at}`),
    when(concerning, (id) => sql`and (actor_id = ${id} or target_id = ${id})`),
    when(
      text,
      (
        part,
      ) => sql`and position(lower(${part}) in lower(concat_ws(' ', act, reason, actor_name, target_name, target_id,
        address, user_agent, details::text))) > 0`,
    ),
  ];
}

function actCondition(act: string): Sql {
  return act.endsWith(".*")
    ? sql`and starts_with(act, ${act.slice(0, -1)})`
    : sql`and act = ${act}`;
}

function when<T>(value: T | undefined, condition: (value: T) => Sql): Sql {
  return value === undefined ? empty : condition(value);
}

import type { ChangeEvent, Scope } from "#kernel";

/** An entry of the change log before its number is known. */
export type CallEvent = Omit<ChangeEvent, "txn" | "seq" | "at">;

/** What every entry of a call has in common. */
export function callEvent(
  scope: Scope,
  baseId: string,
  event: Pick<ChangeEvent, "name" | "tableId" | "recordIds" | "fieldIds" | "body">,
): CallEvent {
  return {
    baseId,
    ...event,
    actorId: actorId(scope),
    source: scope.source,
    requestId: scope.requestId,
    cause: scope.cause ?? [],
    address: scope.address === "" ? undefined : scope.address,
  };
}

/** Who is named as the author of records and changes; null for the program itself. */
export function actorId(scope: Scope): string | null {
  return scope.actor.kind === "user" ? scope.actor.userId : null;
}

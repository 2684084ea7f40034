import { usageGate, type PlaceOfUse, type Scope } from "#kernel";

/** Counts records that were made, on the account of whoever made them. */
export function countCreated(scope: Scope, place: PlaceOfUse, amount: number): void {
  if (amount > 0) {
    scope.parts.of(usageGate).count({ place, resource: "records", amount, by: scope.actor });
  }
}

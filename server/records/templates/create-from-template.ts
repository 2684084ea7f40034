import { Problem, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { loadBase, type ImportedBase } from "../base-files/import-base.ts";
import { actorId } from "../rows/call-event.ts";
import { sourceContent } from "./source-content.ts";
import { templateIds, templateSource } from "./templates.ts";

export interface BaseFromTemplate {
  readonly workspaceId: string;
  /** The id of a template. */
  readonly template: string;
  /** Instead of the template's. */
  readonly name?: string | undefined;
}

/**
 * Makes a base with the template's tables, views and example records.
 * Problems: those of `allow`, `records.unknown-template`.
 */
export async function createFromTemplate(
  scope: Scope,
  { workspaceId, template, name }: BaseFromTemplate,
): Promise<ImportedBase> {
  await allow(scope, "base.create", { workspaceId });
  const id = templateIds.find((one) => one === template);
  if (id === undefined) {
    throw new Problem("invalid", "records.unknown-template", {
      message: `There is no such template; there are ${templateIds.join(", ")}.`,
      fields: { template: "is unknown" },
    });
  }
  const content = sourceContent(await templateSource(id), {
    at: scope.now(),
    by: actorId(scope),
  });
  // The ids are new already.
  return loadBase(scope, content, { workspaceId, name, keepIds: true });
}

import type { BaseSource } from "./base-source.ts";

/** What templates there are, in the order in which they are offered; each is read when it is asked for. */
const sources = {
  blank: () => import("./blank.json", { with: { type: "json" } }),
  projects: () => import("./projects.json", { with: { type: "json" } }),
  crm: () => import("./crm.json", { with: { type: "json" } }),
  "content-calendar": () => import("./content-calendar.json", { with: { type: "json" } }),
  inventory: () => import("./inventory.json", { with: { type: "json" } }),
  events: () => import("./events.json", { with: { type: "json" } }),
} as const satisfies Record<string, () => Promise<unknown>>;

/** Ids of the templates. */
export const templateIds = Object.keys(sources) as readonly TemplateId[];

export type TemplateId = keyof typeof sources;

/** A template as it is offered. */
export interface Template {
  readonly id: TemplateId;
  readonly name: string;
  readonly description: string;
  readonly color: string;
  readonly icon: string;
  /** Names. */
  readonly tables: readonly string[];
}

/** Every template. */
export async function listTemplates(): Promise<readonly Template[]> {
  return Promise.all(
    templateIds.map(async (id) => {
      const { name, description, color, icon, tables } = await templateSource(id);
      return { id, name, description, color, icon, tables: tables.map((table) => table.name) };
    }),
  );
}

/** What a base is made from. The files are ours; their shape is tested by importing each. */
export async function templateSource(id: TemplateId): Promise<BaseSource> {
  const { default: source } = (await sources[id]()) as { readonly default: unknown };
  return source as BaseSource;
}

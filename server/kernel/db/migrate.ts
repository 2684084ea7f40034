import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import pg from "pg";
import { Problem } from "../problem.ts";
import { databaseFailure } from "./failures.ts";
import {
  appliedMigrations,
  createMigrationsTable,
  createSchema,
  createScriptsTable,
  lockMigrations,
  migrationsTableExists,
  noteMigration,
  noteScript,
  scriptsRun,
  scriptsTableExists,
  unlockMigrations,
} from "./migrate.sql.ts";
import type { Sql } from "./sql.ts";

interface Migration {
  readonly module: string;
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

/** Statements that are run again whenever their text has changed; running them again must change nothing else. */
export interface RepeatableScript {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

interface Applied {
  readonly module: string;
  readonly name: string;
  readonly checksum: string;
}

/**
 * Brings the database to what this program expects: each module's `migrations/*.sql` in module order, each file in a
 * transaction of its own, then the scripts whose checksum the database does not have, under an advisory lock, so that two
 * processes that start at once do it once. Answers how many files and scripts were run.
 *
 * Problems: `kernel.newer-data` (the database was made by a newer Basalt), `kernel.changed-migration`,
 * `kernel.database-unavailable`.
 */
export async function migrate(
  url: string,
  modules: readonly string[],
  scripts: readonly RepeatableScript[] = [],
): Promise<number> {
  const wanted = await readMigrations(modules);
  const client = new pg.Client({
    connectionString: url,
    application_name: "basalt-migrate",
    connectionTimeoutMillis: 5_000,
  });
  // Failures of the connection reject the running statement; nothing else may end the program here.
  client.on("error", () => undefined);
  try {
    await client.connect();
    if (
      isUpToDate(wanted, await readApplied(client)) &&
      (await missingScripts(client, scripts)).length === 0
    ) {
      return 0;
    }
    await run(client, lockMigrations());
    try {
      const count = await applyMissing(client, wanted);
      return count + (await runScripts(client, scripts));
    } finally {
      await run(client, unlockMigrations());
    }
  } catch (error) {
    throw databaseFailure(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function applyMissing(client: pg.Client, wanted: readonly Migration[]): Promise<number> {
  await run(client, createSchema("kernel"));
  await run(client, createMigrationsTable());
  const applied = await readApplied(client);
  refuseUnknown(wanted, applied);
  const done = new Map(applied.map((row) => [`${row.module}/${row.name}`, row.checksum]));
  let count = 0;
  for (const migration of wanted) {
    const checksum = done.get(`${migration.module}/${migration.name}`);
    if (checksum === undefined) {
      await apply(client, migration);
      count += 1;
    } else if (checksum !== migration.checksum) {
      throw new Problem("conflict", "kernel.changed-migration", {
        message: `The migration ${migration.module}/${migration.name} was changed after it had been run on this database.`,
      });
    }
  }
  return count;
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await together(client, async () => {
    await run(client, createSchema(migration.module));
    await client.query(migration.text);
    await run(client, noteMigration(migration.module, migration.name, migration.checksum));
  });
}

async function runScripts(
  client: pg.Client,
  scripts: readonly RepeatableScript[],
): Promise<number> {
  await run(client, createScriptsTable());
  const missing = await missingScripts(client, scripts);
  for (const script of missing) {
    await together(client, async () => {
      await client.query(script.text);
      await run(client, noteScript(script));
    });
  }
  return missing.length;
}

async function missingScripts(
  client: pg.Client,
  scripts: readonly RepeatableScript[],
): Promise<readonly RepeatableScript[]> {
  const [exists] = await run<{ there: boolean }>(client, scriptsTableExists());
  const known = new Map(
    exists?.there === true
      ? (await run<RepeatableScript>(client, scriptsRun())).map(({ name, checksum }) => [
          name,
          checksum,
        ])
      : [],
  );
  return scripts.filter(({ name, checksum }) => known.get(name) !== checksum);
}

async function together(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query("begin");
  try {
    await work();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

async function readMigrations(modules: readonly string[]): Promise<Migration[]> {
  const found: Migration[] = [];
  for (const module of modules) {
    const folder = new URL(`../../${module}/migrations/`, import.meta.url);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((file) => file.endsWith(".sql")).toSorted()) {
      const text = await readFile(new URL(name, folder), "utf8");
      found.push({ module, name, text, checksum: createHash("sha256").update(text).digest("hex") });
    }
  }
  return found;
}

async function readApplied(client: pg.Client): Promise<Applied[]> {
  const [exists] = await run<{ there: boolean }>(client, migrationsTableExists());
  return exists?.there === true ? run<Applied>(client, appliedMigrations()) : [];
}

function isUpToDate(wanted: readonly Migration[], applied: readonly Applied[]): boolean {
  const done = new Set(applied.map((row) => `${row.module}/${row.name}/${row.checksum}`));
  return (
    applied.length === wanted.length &&
    wanted.every((one) => done.has(`${one.module}/${one.name}/${one.checksum}`))
  );
}

function refuseUnknown(wanted: readonly Migration[], applied: readonly Applied[]): void {
  const known = new Set(wanted.map((one) => `${one.module}/${one.name}`));
  const newer = applied.find((row) => !known.has(`${row.module}/${row.name}`));
  if (newer !== undefined) {
    throw new Problem("conflict", "kernel.newer-data", {
      message: `The database was made by a newer Basalt (it has ${newer.module}/${newer.name}); start that version, or restore a backup.`,
    });
  }
}

async function run<T>(client: pg.Client, statement: Sql): Promise<T[]> {
  const result = await client.query({ text: statement.text, values: statement.values });
  return result.rows;
}

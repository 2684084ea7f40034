import { isDeepStrictEqual } from "node:util";
import { inTransaction, noteAct, type Config, type Scope } from "#kernel";
import { readActs } from "./find-acts.ts";
import { lockSettings } from "./note-settings.sql.ts";

const ACT = "instance.settings-changed";

type Shown = Readonly<Record<string, unknown>>;

/**
 * Writes down the settings of the instance where they are not those of the start before; secrets as whether they are set.
 * Run at start; processes that start together write it once.
 */
export async function noteSettings(scope: Scope): Promise<void> {
  const after = shown(scope.config);
  if (isDeepStrictEqual(await lastNoted(scope), after)) {
    return;
  }
  await inTransaction(scope, async (tx) => {
    await tx.db.all(lockSettings());
    const before = await lastNoted(tx);
    if (!isDeepStrictEqual(before, after)) {
      await noteAct(tx, {
        act: ACT,
        target: { kind: "instance" },
        details: { changed: changedNames(before, after), settings: after },
      });
    }
  });
}

async function lastNoted(scope: Scope): Promise<Shown | undefined> {
  const { acts } = await readActs(scope, { act: ACT }, { limit: 1 });
  return acts[0]?.details?.["settings"] as Shown | undefined;
}

function changedNames(before: Shown | undefined, after: Shown): readonly string[] {
  return before === undefined
    ? []
    : Object.keys({ ...before, ...after }).filter(
        (name) => !isDeepStrictEqual(before[name], after[name]),
      );
}

/** Only settings that are no secret by themselves and hold none; processes of one instance may differ in the others. */
function shown(config: Config): Shown {
  return {
    registration: config.registration,
    production: config.production,
    publicUrl: config.publicUrl,
    mail: config.smtpUrl !== null,
    redis: config.redisUrl !== null,
    outsideDatabase: config.databaseUrl !== null,
    egressAllow: [...config.egressAllow],
    trustedProxies: [...config.trustedProxies],
    strictAirtable: config.strictAirtable,
    changeLogDays: config.changeLogDays,
    auditDays: config.auditDays,
  };
}

import { gatewayChange } from "@basalt/contract";
import { commandRoute, type CommandedRoute, listRoutes } from "@basalt/server";
import { parseWith } from "@basalt/server/kernel";
import { type Terminal, UsageError } from "./commands.ts";
import { withWorld } from "./with-world.ts";
import { readWords } from "./words.ts";

/** `basalt gateway show`: every route of the gateway file with the weights in force and where they come from. */
export async function gatewayShow(argv: readonly string[], terminal: Terminal): Promise<number> {
  readWords(argv, { options: {}, positionals: [] });
  const routes = await withWorld(terminal, (scope) => listRoutes(scope));
  for (const route of routes) {
    terminal.out(lineOf(route));
  }
  return 0;
}

/** `basalt gateway cut-over ROUTE PERCENT`: so much of a route goes to its new target, in every process, at once. */
export async function gatewayCutOver(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { words } = readWords(argv, { options: {}, positionals: ["ROUTE", "PERCENT"] });
  const [, percent = ""] = words;
  if (!/^\d{1,3}(?:\.\d+)?%?$/.test(percent)) {
    throw new UsageError("PERCENT must be a number from 0 to 100.");
  }
  return change(words, terminal, { act: "cut-over", percent: Number.parseFloat(percent) });
}

/** `basalt gateway switch ROUTE [TARGET]`: all of a route goes to one target. */
export async function gatewaySwitch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, words } = readWords(argv, {
    options: { to: { type: "string" } },
    positionals: ["ROUTE"],
  });
  return change(words, terminal, { act: "switch", to: values.to });
}

/** `basalt gateway roll-back ROUTE`: all of a route goes to its old target again. */
export function gatewayRollBack(argv: readonly string[], terminal: Terminal): Promise<number> {
  return plain(argv, terminal, "roll-back");
}

/** `basalt gateway pause ROUTE`: automatic steps stand still. */
export function gatewayPause(argv: readonly string[], terminal: Terminal): Promise<number> {
  return plain(argv, terminal, "pause");
}

/** `basalt gateway resume ROUTE`: automatic steps begin, or go on. */
export function gatewayResume(argv: readonly string[], terminal: Terminal): Promise<number> {
  return plain(argv, terminal, "resume");
}

/** `basalt gateway hand-back ROUTE`: the gateway file counts again. */
export function gatewayHandBack(argv: readonly string[], terminal: Terminal): Promise<number> {
  return plain(argv, terminal, "hand-back");
}

function plain(argv: readonly string[], terminal: Terminal, act: string): Promise<number> {
  const { words } = readWords(argv, { options: {}, positionals: ["ROUTE"] });
  return change(words, terminal, { act });
}

async function change(
  [route = ""]: readonly string[],
  terminal: Terminal,
  wanted: object,
): Promise<number> {
  const checked = parseWith(gatewayChange, wanted);
  const after = await withWorld(terminal, (scope) => commandRoute(scope, route, checked));
  terminal.out(lineOf(after));
  return 0;
}

/** `invoices: old 50, new 50 (command: cut over to 50 %)`. */
function lineOf({ name, weights, from }: CommandedRoute): string {
  const targets = Object.entries(weights).map(([target, weight]) => `${target} ${weight}`);
  return `${name}: ${targets.length === 0 ? "refused" : targets.join(", ")} (${from})`;
}

import { z } from "zod";
import { route, type RouteSpec, type TargetSpec } from "./route-shape.ts";
import { routeName, upstream } from "./upstream-shape.ts";

/** Sections that other parts of the gateway read; each comes with its own shape. */
export type OtherSections = Readonly<Record<string, z.ZodType>>;

/** The gateway file: where requests go. */
export interface GatewayFile {
  readonly upstreams: Readonly<Record<string, z.output<typeof upstream>>>;
  readonly routes: readonly RouteSpec[];
  /** Sections of other parts, checked. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** A file that says nothing. */
export const emptyFile: GatewayFile = { upstreams: {}, routes: [], others: {} };

/** Routes and upstreams in one file, at most. */
const ROUTES_MAX = 1_000;

/** The shape of a gateway file with these further sections. */
export function fileShape(others: OtherSections) {
  return z
    .strictObject({
      upstreams: z.record(routeName, upstream).default({}),
      routes: z.array(route).max(ROUTES_MAX).default([]),
      ...Object.fromEntries(Object.entries(others).map(([name, shape]) => [name, shape])),
    })
    .superRefine((file, context) => {
      const wrong = (path: PropertyKey[], message: string): void => {
        context.addIssue({ code: "custom", path, message });
      };
      const upstreams = new Set(Object.keys(file.upstreams));
      const names = new Set<string>();
      for (const [at, one] of file.routes.entries()) {
        const report = (path: PropertyKey[], message: string): void =>
          wrong(["routes", at, ...path], message);
        if (names.has(one.name)) {
          report(["name"], `is the name of another route as well`);
        }
        names.add(one.name);
        checkRoute(one, upstreams, report);
      }
    });
}

type Report = (path: PropertyKey[], message: string) => void;

function checkRoute(one: RouteSpec, upstreams: ReadonlySet<string>, report: Report): void {
  const ways = [one.upstream, one.own, one.to, one.refuse].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    report([], "needs exactly one of upstream, own, to and refuse");
    return;
  }
  const known = (name: string | undefined, path: PropertyKey[]): void => {
    if (name !== undefined && !upstreams.has(name)) {
      report(path, `names the upstream ${name}, which is not in this file`);
    }
  };
  const parameters = parametersOf(one);
  const fits = (template: string | undefined, path: PropertyKey[]): void => {
    for (const name of namesIn(template ?? "")) {
      if (!parameters.has(name)) {
        report(path, `names {${name}}, which the route's path does not have`);
      }
    }
  };
  known(one.upstream, ["upstream"]);
  fits(one.own, ["own"]);
  for (const [at, target] of (one.to ?? []).entries()) {
    known(target.upstream, ["to", at, "upstream"]);
    fits(target.own ?? target.path, ["to", at, target.own === undefined ? "path" : "own"]);
  }
  checkTargets(one, report);
  checkShadow(one, report, known);
  fits(one.shadow?.own ?? one.shadow?.path, ["shadow", "path"]);
}

function checkTargets(one: RouteSpec, report: Report): void {
  const targets = targetsOf(one);
  const names = targets.map(({ name }) => name);
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice >= 0) {
    report(["to", twice], `is a second target called ${names[twice]}: give it a name`);
  }
  if (one.to !== undefined && targets.every(({ weight }) => weight === 0)) {
    report(["to"], "needs a target with a weight above 0");
  }
  const { cutOver } = one;
  if (cutOver !== undefined) {
    for (const end of ["from", "to"] as const) {
      if (!names.includes(cutOver[end])) {
        report(["cutOver", end], `must be one of the route's targets: ${names.join(", ")}`);
      }
    }
    if (cutOver.from === cutOver.to) {
      report(["cutOver", "to"], "must be another target than from");
    }
  }
  if (one.webSocket && targets.some(({ own }) => own !== undefined)) {
    report(["webSocket"], "goes to upstreams only");
  }
  const isAllOwn = targets.every(({ own }) => own !== undefined);
  if (isAllOwn && one.auth === "none" && one.identity !== undefined) {
    report(["identity"], "is about upstreams; Basalt's own routes see the caller as ever");
  }
  if (one.identity === "sign" && one.auth === "none") {
    report(["identity"], "needs auth: required or optional, or there is nobody to sign for");
  }
}

function checkShadow(
  one: RouteSpec,
  report: Report,
  known: (name: string | undefined, path: PropertyKey[]) => void,
): void {
  const { shadow } = one;
  if (shadow === undefined) {
    return;
  }
  known(shadow.upstream, ["shadow", "upstream"]);
  if ((shadow.upstream === undefined) === (shadow.own === undefined)) {
    report(["shadow"], "needs either upstream or own");
  }
  if (one.refuse !== undefined) {
    report(["shadow"], "has nothing to copy: the route refuses");
  }
  const isUnsafe = shadow.methods.some((method) => method !== "GET" && method !== "HEAD");
  if (isUnsafe && targetsOf(one).some(({ own }) => own !== undefined)) {
    report(["shadow", "methods"], "may name writes only where every target is an upstream");
  }
}

/** A target with its name. */
export type NamedTarget = Omit<TargetSpec, "name"> & { readonly name: string };

/** The targets of a route, its short forms written out. */
export function targetsOf({ to, upstream: single, own }: RouteSpec): NamedTarget[] {
  const given: TargetSpec[] =
    to ??
    (single === undefined && own === undefined ? [] : [{ upstream: single, own, weight: 100 }]);
  return given.map((target) => ({ ...target, name: target.name ?? target.upstream ?? "own" }));
}

function parametersOf({ path }: RouteSpec): ReadonlySet<string> {
  const lists = (typeof path === "string" ? [path] : path).map(namesIn);
  const [first = [], ...rest] = lists;
  return new Set(first.filter((name) => rest.every((list) => list.includes(name))));
}

function namesIn(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

import { Hono } from "hono";
import {
  type Actor,
  type Config,
  type HttpEnv,
  jsonAnswer,
  type Log,
  openMetrics,
  Parts,
  Problem,
  readJson,
  requireActor,
  type World,
} from "#kernel";
import { testConfig } from "../../kernel/testing/config.ts";
import { type Gateway, type GatewayOptions, openGateway } from "../gateway.ts";

/** A line that was logged. */
export interface LoggedLine {
  readonly level: string;
  readonly message: string | undefined;
  readonly [name: string]: unknown;
}

export interface FakeGateway extends Gateway {
  readonly lines: LoggedLine[];
  readonly world: World;
}

export interface FakeOptions extends Partial<Omit<GatewayOptions, "world">> {
  readonly config?: Partial<Config>;
  readonly world?: Partial<World>;
}

export const ada: Actor = {
  kind: "user",
  userId: "usrAAAAAAAAAAAAAA",
  email: "ada@example.com",
  name: "Ada",
  admin: false,
  credential: { kind: "session", sessionId: "sesAAAAAAAAAAAAAA" },
};

/** A gateway on a world without a database, with a few routes that show what a route can do. */
export function fakeGateway(options: FakeOptions = {}): FakeGateway {
  const { config, world: parts, ...rest } = options;
  const lines: LoggedLine[] = [];
  const world: World = {
    config: { ...testConfig, ...config },
    log: listLog(lines),
    metrics: openMetrics(),
    parts: new Parts(),
    now: () => new Date(),
    ...absent,
    ...parts,
  };
  const gateway = openGateway({
    world,
    actorOf: (_world, authorization) => {
      if (authorization !== "Bearer good") {
        throw new Problem("unauthenticated", "identity.token-invalid", {
          message: "The token is not valid.",
        });
      }
      return ada;
    },
    mounts: [{ routes: sampleRoutes() }],
    operations: [],
    health: [],
    about: { version: "1.2.3", database: "a test" },
    ...rest,
  });
  return { ...gateway, lines, world };
}

/** Routes on both surfaces. */
export function sampleRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  for (const prefix of ["/v0", "/api/v1"]) {
    routes.get(`${prefix}/me`, (c) => jsonAnswer({ id: requireActor(c.get("scope")).userId }));
    routes.get(`${prefix}/tables/:name`, (c) => jsonAnswer({ name: c.req.param("name") }));
    routes.get(`${prefix}/bug`, () => {
      throw new Error("select secret_column from kernel.secrets on db.internal");
    });
    routes.get(`${prefix}/fails/:kind`, (c) => {
      throw new Problem("conflict", "test.conflict", {
        message: c.req.param("kind"),
        retryAfterS: 2.2,
      });
    });
    routes.post(`${prefix}/login`, () => {
      throw new Problem("unauthenticated", "test.wrong-password", {
        message: "Invalid credentials",
      });
    });
    routes.get(`${prefix}/address`, (c) => jsonAnswer({ address: c.get("scope").address }));
    routes.get(`${prefix}/big`, () => jsonAnswer({ text: "x".repeat(5_000) }));
    routes.get(`${prefix}/plain`, (c) => c.json({ plain: true }));
    routes.post(`${prefix}/echo`, async (c) => jsonAnswer({ got: await readJson(c.req.raw) }));
    routes.get(`${prefix}/slow`, async (c) => {
      await new Promise((resolve) => setTimeout(resolve, Number(c.req.query("ms"))));
      return jsonAnswer({ slow: true, aborted: c.get("scope").signal.aborted });
    });
    routes.get(`${prefix}/stream`, () => {
      const bytes = new TextEncoder().encode("data: one\n\n");
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytes);
          controller.close();
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
  }
  return routes;
}

function listLog(lines: LoggedLine[]): Log {
  const at =
    (level: string) =>
    (fields: object, message?: string): void => {
      lines.push({ ...fields, level, message });
    };
  const log: Log = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => log,
  };
  return log;
}

const unused = (): never => {
  throw new Error("this world has no such part");
};

/** What no test of the gateway alone touches; touching it fails loudly. */
const absent: Pick<World, "db" | "signals" | "egress" | "store" | "mail"> = {
  db: {
    all: unused,
    one: unused,
    maybe: unused,
    run: unused,
    text: unused,
    texts: unused,
    copyIn: unused,
    pipeline: unused,
    script: unused,
    transaction: unused,
    inTransaction: false,
  },
  signals: { send: unused, hint: unused, listen: unused, close: unused },
  egress: { send: unused, close: unused },
  store: { put: unused, get: unused, size: unused, delete: unused },
  mail: { send: unused, close: unused },
};

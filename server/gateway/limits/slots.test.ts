import { afterEach, describe, expect, test } from "vitest";
import type { Problem } from "#kernel";
import { ada } from "../testing/fake-world.ts";
import type { RouteClass } from "./route-class.ts";
import { Slots, type SlotsOptions } from "./slots.ts";
import type { SlotHolder } from "./waiting-room.ts";

const opened: Slots[] = [];
afterEach(() => opened.splice(0).forEach((slots) => slots.close()));

function open(options: Partial<SlotsOptions> = {}): Slots {
  const slots = new Slots({ max: 10, min: 2, worstDelayMs: () => 0, ...options });
  opened.push(slots);
  return slots;
}

function call(userId = "usrA", routeClass: RouteClass = "read", baseId?: string): SlotHolder {
  const actor = { ...ada, userId };
  return { actor, address: "", routeClass, baseId, abort: new AbortController() };
}

type Verdict = "in" | "waits" | "unavailable" | "too-many-requests";

/** What becomes of a call at once. */
function verdict(entering: ReturnType<Slots["enter"]>): Verdict {
  if (entering instanceof Promise) {
    return "waits";
  }
  return entering === undefined ? "in" : (entering.kind as Verdict);
}

const enters = (slots: Slots, holder: SlotHolder): Verdict => verdict(slots.enter(holder));
const kindOf = (problem: Problem | undefined): string => problem?.kind ?? "in";

describe("slots", () => {
  test("are given until they are all held, and go to who waits when they come back", async () => {
    const slots = open();
    const running = Array.from({ length: 8 }, () => call("usrA"));
    expect(running.map((one) => enters(slots, one))).toEqual(running.map(() => "in"));
    const other = call("usrB");
    const another = call("usrB");
    expect([enters(slots, other), enters(slots, another)]).toEqual(["in", "in"]);
    const waiting = slots.enter(call("usrC"));
    expect(slots.state).toEqual({ limit: 10, running: 10, waiting: 1 });
    slots.leave(other, 0);
    expect(kindOf(await waiting)).toBe("in");
    expect(slots.state).toMatchObject({ running: 10, waiting: 0 });
  });

  test("never go all to one user or one base", () => {
    const slots = open();
    const same = Array.from({ length: 10 }, () => enters(slots, call("usrA")));
    expect(same.filter((one) => one === "in")).toHaveLength(8);
    expect(enters(open(), call("usrB"))).toBe("in");
    const ofBase = open();
    const users = Array.from({ length: 10 }, (_, at) =>
      enters(ofBase, call(`usr${at}`, "read", "appA")),
    );
    expect(users.filter((one) => one === "in")).toHaveLength(8);
  });

  test("are kept free for sign-in while records take the rest, and health needs none", () => {
    const slots = open({ max: 100 });
    for (let at = 0; at < 95; at += 1) {
      expect(enters(slots, call(`usr${at}`))).toBe("in");
    }
    expect(enters(slots, call("usrX"))).toBe("waits");
    expect(enters(slots, call("usrY", "health"))).toBe("in");
    expect(slots.state.running).toBe(95);
  });

  test("of long work are few", () => {
    const slots = open({ max: 100 });
    const long = Array.from({ length: 60 }, (_, at) => enters(slots, call(`usr${at}`, "long")));
    expect(long.filter((one) => one === "in")).toHaveLength(40);
  });

  test("fall while the event loop is late, and come back", () => {
    let lateMs = 500;
    const slots = open({ max: 100, min: 20, worstDelayMs: () => lateMs });
    for (let at = 0; at < 20; at += 1) {
      slots.adapt();
    }
    expect(slots.state.limit).toBe(20);
    lateMs = 0;
    for (let at = 0; at < 20; at += 1) {
      slots.adapt();
    }
    expect(slots.state.limit).toBe(100);
  });
});

test("slots fall while calls wait for each other inside, though the loop is in time", () => {
  let nowMs = 0;
  const slots = open({ max: 100, min: 20, clock: () => nowMs });
  const round = (calls: number, takesMs: number): void => {
    const running = Array.from({ length: calls }, (_, at) => call(`usr${at % 50}`));
    const entered = running.filter((one) => slots.enter(one) === undefined);
    const sinceMs = nowMs;
    nowMs += takesMs;
    slots.adapt();
    entered.forEach((one) => slots.leave(one, sinceMs));
  };
  for (let at = 0; at < 50; at += 1) {
    round(5, 4);
  }
  expect(slots.state.limit).toBe(100);
  for (let at = 0; at < 20; at += 1) {
    round(150, 200);
  }
  expect(slots.state.limit).toBe(20);
});

test("slow work that shares nothing with the records takes no slots from them", () => {
  let nowMs = 0;
  const slots = open({ max: 100, min: 20, clock: () => nowMs });
  for (let round = 0; round < 40; round += 1) {
    const running = Array.from({ length: 30 }, (_, at) => call(`usr${at}`, "upstream"));
    running.forEach((one) => void slots.enter(one));
    const sinceMs = nowMs;
    nowMs += 10_000;
    slots.adapt();
    running.forEach((one) => slots.leave(one, sinceMs));
  }
  expect(slots.state.limit).toBe(100);
});

test("what would be refused at once is known beforehand, and asking changes nothing", () => {
  const slots = open({ max: 4, min: 2 });
  const calls = Array.from({ length: 2_000 }, (_, at) => call(`usr${at % 7}`));
  for (const one of calls) {
    const before = slots.state;
    const told = slots.refusalOf(one);
    expect(slots.state).toEqual(before);
    const entering = slots.enter(one);
    expect(entering instanceof Promise ? undefined : entering).toBe(told);
  }
  expect(slots.refusalOf(call("usr1"))).toBeDefined();
  expect(slots.refusalOf(call("usrA", "health"))).toBeUndefined();
});

describe("who waits", () => {
  test("goes by priority, then whose user holds the fewest", async () => {
    const slots = open({ max: 2, min: 2 });
    const running = [call("usrA"), call("usrA")];
    running.forEach((one) => void slots.enter(one));
    const order: string[] = [];
    const wait = (name: string, holder: SlotHolder): void => {
      const entering = slots.enter(holder);
      void Promise.resolve(entering).then((problem) => {
        if (problem === undefined) {
          order.push(name);
          slots.leave(holder, 0);
        }
      });
    };
    wait("search", call("usrS", "search"));
    wait("noisy", call("usrA"));
    wait("quiet", call("usrB"));
    slots.leave(running[0] ?? call(), 0);
    await expect.poll(() => order.length).toBe(3);
    expect(order).toEqual(["quiet", "noisy", "search"]);
  });

  test("is refused at once when it would take too long, the longest queue first", async () => {
    let nowMs = 0;
    const slots = open({ max: 10, min: 2, clock: () => nowMs });
    // Calls take 100 ms each.
    const running = Array.from({ length: 8 }, () => call("noisy"));
    for (let round = 0; round < 50; round += 1) {
      running.forEach((one) => void slots.enter(one));
      const sinceMs = nowMs;
      nowMs += 100;
      running.forEach((one) => slots.leave(one, sinceMs));
    }
    running.forEach((one) => void slots.enter(one));
    const noisy = Array.from({ length: 50 }, () => slots.enter(call("noisy")));
    const kinds = noisy.map(verdict);
    expect(kinds.filter((one) => one === "waits").length).toBeLessThan(12);
    expect(kinds.at(-1)).toBe("unavailable");
    // Somebody else still gets in: the noisy one makes room.
    const quiet = slots.enter(call("quiet"));
    expect(verdict(quiet)).toBe("waits");
    running.forEach((one) => slots.leave(one));
    expect(kindOf(await quiet)).toBe("in");
  });

  test("waits a second at most, and nobody who has gone takes a slot", async () => {
    let nowMs = 0;
    const slots = open({ max: 1, min: 1, clock: () => nowMs });
    const running = call("usrA");
    void slots.enter(running);
    const gone = call("usrB");
    const waiting = slots.enter(gone);
    gone.abort.abort();
    slots.leave(running, 0);
    expect(kindOf(await waiting)).toBe("unavailable");
    expect(slots.state).toMatchObject({ running: 0, waiting: 0 });

    void slots.enter(running);
    const late = slots.enter(call("usrC"));
    nowMs = 1_001;
    slots.adapt();
    expect(kindOf(await late)).toBe("unavailable");
  });

  test("is bounded in number", () => {
    const slots = open({ max: 2, min: 2 });
    for (let at = 0; at < 100_000; at += 1) {
      void slots.enter(call(`usr${at}`));
    }
    expect(slots.state.waiting).toBeLessThanOrEqual(4_000);
  });
});

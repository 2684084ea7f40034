import { expect, test } from "vitest";
import { announce, measurePool, openMetrics } from "./prometheus.ts";

test("metrics are asked for by name, twice gives the same one", async () => {
  const metrics = openMetrics();
  metrics.counter("things_total", "Things", ["kind"]).inc({ kind: "a" });
  metrics.counter("things_total", "Things", ["kind"]).inc({ kind: "a" }, 2);
  metrics.histogram("wait_seconds", "Waiting", ["kind"], [0.1, 1]).observe(0.5, { kind: "b" });
  metrics.gauge("level", "Level").set(7);
  metrics.gauge("live", "Read when asked", [], async (gauge) => gauge.set(42));
  const { text, contentType } = await metrics.expose();
  expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toContain('things_total{kind="a"} 3');
  expect(text).toContain('wait_seconds_bucket{le="0.1",kind="b"} 0');
  expect(text).toContain('wait_seconds_bucket{le="1",kind="b"} 1');
  expect(text).toMatch(/^level 7$/m);
  expect(text).toMatch(/^live 42$/m);
});

test("a name has one type, and two worlds do not share", async () => {
  const metrics = openMetrics();
  metrics.counter("things_total", "Things");
  expect(() => metrics.gauge("things_total", "Things")).toThrow(/not a Gauge/);
  expect((await openMetrics().expose()).text).not.toContain("things_total");
});

test("process, event loop, pool and version are there", async () => {
  const metrics = openMetrics();
  measurePool(metrics, () => ({ total: 5, idle: 2, waiting: 1 }));
  announce(metrics, "1.2.3");
  const { text } = await metrics.expose();
  expect(text).toContain('db_pool_connections{state="busy"} 3');
  expect(text).toContain('db_pool_connections{state="idle"} 2');
  expect(text).toMatch(/^db_pool_waiting 1$/m);
  expect(text).toContain('service_info{service="basalt",version="1.2.3"} 1');
  for (const name of [
    "nodejs_eventloop_lag_seconds",
    "nodejs_eventloop_utilization",
    "process_resident_memory_bytes",
    "nodejs_heap_size_used_bytes",
  ]) {
    expect(text).toContain(`\n${name}`);
  }
});

test("histograms count into the bucket of the value, and add up over the buckets", async () => {
  const metrics = openMetrics({ process: "one" });
  const waits = metrics.histogram("wait_seconds", "Waiting", ["kind"], [1, 0.1]);
  for (const value of [0.05, 0.1, 0.5, 1, 7]) {
    waits.observe(value, { kind: 'a"b' });
  }
  metrics.histogram("plain_seconds", "Nothing of it").observe(0.3);
  const { text } = await metrics.expose();
  const lines = text.split("\n").filter((line) => line.startsWith("wait_seconds"));
  expect(lines).toEqual([
    'wait_seconds_bucket{le="0.1",kind="a\\"b",process="one"} 2',
    'wait_seconds_bucket{le="1",kind="a\\"b",process="one"} 4',
    'wait_seconds_bucket{le="+Inf",kind="a\\"b",process="one"} 5',
    'wait_seconds_sum{kind="a\\"b",process="one"} 8.65',
    'wait_seconds_count{kind="a\\"b",process="one"} 5',
  ]);
  expect(text).toContain('plain_seconds_bucket{le="0.5",process="one"} 1');
});

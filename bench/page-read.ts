import pg from "pg";
import { Agent } from "undici";
import { fill, type Fixture, type Instance } from "./instance.ts";
import { alternate, show, type Finding } from "./measure.ts";

/** An uncached page of 100 records × 12 fields over HTTP, against the bare SQL through `pg`. */
export async function benchPageRead(instance: Instance, data: Fixture): Promise<Finding> {
  await fill(instance.url, data, 10_000);
  const pool = new pg.Pool({ connectionString: instance.databaseUrl, max: 8 });
  const columns = data.fieldIds.map((id) => `"${id}"`).join(", ");
  const text = `select id, created_time, version, ${columns}, auto_number from "${data.baseId}"."${data.tableId}" where auto_number > $1 order by auto_number limit 101`;
  const agent = new Agent({ connections: 16, pipelining: 1 });
  const headers = { authorization: `Bearer ${data.key}` };
  let asked = 0;
  const rates = await alternate(
    {
      http: async () => {
        const answer = await agent.request({
          origin: instance.url,
          // A parameter that nobody knows makes each request another one, so that memory has none of them.
          path: `/v0/${data.baseId}/${data.tableId}?pageSize=100&asked=${asked++}`,
          method: "GET",
          headers,
        });
        if (answer.statusCode !== 200) {
          throw new Error(await answer.body.text());
        }
        await answer.body.dump();
      },
      sql: async () => pool.query({ name: "page", text, values: [0] }),
    },
    { concurrency: 16, seconds: 2, rounds: 5 },
  );
  await pool.end();
  await agent.close();
  const { http, sql } = rates;
  if (http === undefined || sql === undefined) {
    throw new Error("nothing was measured");
  }
  const ratio = http.perSecond / sql.perSecond;
  return {
    what: "uncached page of 100 × 12 over HTTP ÷ bare SQL through pg",
    figure: ratio.toFixed(2),
    bar: "≥ 0.6",
    met: ratio >= 0.6,
    raw: `HTTP ${show(http)}; SQL ${show(sql)}`,
  };
}

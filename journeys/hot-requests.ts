import fc from "fast-check";
import type { JourneyBase } from "./journey-base.ts";

/** A request as it is written to the socket. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn; names may repeat. */
  readonly headers: readonly string[];
}

/** What requests are about. */
export interface Place {
  readonly base: JourneyBase;
  /** A base of somebody else. */
  readonly foreignBase: string;
  readonly records: readonly string[];
  readonly viewId: string;
  readonly keys: {
    readonly good: string;
    readonly readOnly: string;
    /** Without the scope. */
    readonly narrow: string;
    readonly stranger: string;
  };
}

const encode = encodeURIComponent;

/** Mostly the few things that are asked again and again, so that many are in memory; sometimes anything. */
export function requestsAbout(place: Place): fc.Arbitrary<Asked> {
  const { base, foreignBase, records } = place;
  const { id, tasks, projects } = base;
  const table = fc.constantFrom(tasks.id, encode(tasks.name), projects.id, "Projects");
  const record = fc.constantFrom(...records.slice(0, 8));
  const path = fc.oneof(
    { weight: 10, arbitrary: table.map((name) => `/v0/${id}/${name}`) },
    {
      weight: 10,
      arbitrary: fc.tuple(table, record).map(([name, one]) => `/v0/${id}/${name}/${one}`),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        `/v0/${id}/${tasks.id}/recAAAAAAAAAAAAAA`,
        `/v0/${id}/${tasks.id}/rec1`,
        `/v0/${id}/Nope`,
        `/v0/${id}/%zz`,
        `/v0/${id}/`,
        `/v0/${id}`,
        `/v0/${id}//${records[0]}`,
        `/v0/${foreignBase}/T`,
        `/v0/${foreignBase}/${tasks.id}/${records[0]}`,
        `/v0/appAAAAAAAAAAAAAA/${tasks.id}`,
        `/v0/app1/${tasks.id}`,
        `//v0/${id}/${tasks.id}`,
        `/V0/${id}/${tasks.id}`,
        `/v0/${id}/${tasks.id}/${records[0]}/comments`,
        `/v0/meta/bases/${id}/tables`,
      ),
    },
  );
  return fc
    .record({
      method: fc.oneof(
        { weight: 20, arbitrary: fc.constantFrom("GET", "GET", "GET", "HEAD") },
        { weight: 1, arbitrary: fc.constantFrom("OPTIONS", "DELETE", "TRACE", "PURGE") },
      ),
      path: fc.tuple(path, fc.constantFrom("", "", "", "/", "//")).map(([one, end]) => one + end),
      query: queries(place),
      headers: headerSets(place),
    })
    .map(({ method, path: where, query, headers }) => ({
      // What would change something is asked of a record that is not there.
      method,
      target: method === "DELETE" ? `/v0/${id}/${tasks.id}/recAAAAAAAAAAAAAA` : where + query,
      headers,
    }));
}

function queries({ base, viewId }: Place): fc.Arbitrary<string> {
  const field = base.fieldIds["Count"] ?? "";
  const common = fc.constantFrom(
    "",
    "",
    "",
    "?",
    "?pageSize=5",
    "?pageSize=100",
    "?maxRecords=3",
    "?fields[]=Name&fields[]=Count",
    "?fields%5B%5D=Name&fields%5B%5D=Count",
    "?fields[0]=Count&fields[1]=Name",
    "?fields=Name",
    `?view=${viewId}`,
    `?view=${encode("Über 3")}`,
    "?sort[0][field]=Name&sort[0][direction]=desc",
    "?sort%5B0%5D%5Bfield%5D=Count",
    `?filterByFormula=${encode("{Count}>10")}`,
    "?filterByFormula=%7BCount%7D%3E+10",
    "?returnFieldsByFieldId=true",
    "?returnFieldsByFieldId=1",
    "?cellFormat=string&timeZone=utc&userLocale=en-gb",
    "?cellFormat=string&timeZone=America/New_York&userLocale=de",
    "?recordMetadata[]=commentCount",
    "?recordMetadata[]=version&pageSize=2",
  );
  const pair = fc.oneof(
    fc.constantFrom(
      "pageSize=0",
      "pageSize=101",
      "pageSize=1000",
      "pageSize=x",
      "pageSize=7",
      "maxRecords=-1",
      "fields[]=Nope",
      `fields[]=${field}`,
      "view=Nope",
      "cellFormat=string",
      "cellFormat=xml",
      "filterByFormula=(",
      "filterByFormula=NOW()>0",
      "sort[0][direction]=up",
      "sort[0][field]=Nope",
      "returnFieldsByFieldId=maybe",
      "offset=itrAAAAAAAAAAAAAA/recAAAAAAAAAAAAAA",
      "offset=nonsense",
      "unknown=1",
      "recordMetadata[]=nope",
      "%",
      "=",
      "a=%ff",
      "timeZone=utc",
      "limit=4",
    ),
    fc.string({ maxLength: 12 }).map((text) => `x=${encode(text.toWellFormed())}`),
  );
  return fc.oneof(
    { weight: 6, arbitrary: common },
    {
      weight: 2,
      arbitrary: fc.array(pair, { minLength: 1, maxLength: 3 }).map((all) => `?${all.join("&")}`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(common, pair)
        .map(([one, more]) => (one === "" ? `?${more}` : `${one}&${more}`)),
    },
  );
}

function headerSets({ keys }: Place): fc.Arbitrary<readonly string[]> {
  const token = fc.oneof(
    { weight: 16, arbitrary: fc.constant(`Bearer ${keys.good}`) },
    { weight: 4, arbitrary: fc.constant(`Bearer ${keys.readOnly}`) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        `Bearer ${keys.narrow}`,
        `Bearer ${keys.stranger}`,
        `bearer ${keys.good}`,
        `Bearer  ${keys.good}`,
        `Bearer ${keys.good}x`,
        "Bearer patnonsense",
        "Basic YTpi",
        "",
      ),
    },
  );
  const more = fc.oneof(
    { weight: 12, arbitrary: fc.constant<readonly string[]>([]) },
    {
      weight: 8,
      arbitrary: fc.constantFrom<(readonly string[])[]>(
        ["accept-encoding", "gzip"],
        ["Accept-Encoding", "gzip, deflate, br"],
        ["accept-encoding", "identity"],
        ["accept-encoding", "gzip;q=0"],
        ["accept-encoding", "br;q=1.0, gzip;q=0.8, *;q=0.1"],
        ["accept-encoding", "zstd"],
        ["accept-encoding", ""],
        ["accept-encoding", "gzip", "accept-encoding", "br"],
        ["if-none-match", "*"],
        ["if-none-match", '"1"'],
        ["if-none-match", '"2", W/"3"', "accept-encoding", "gzip"],
        ["x-basalt-limits", "extended"],
        ["X-Basalt-Limits", "EXTENDED"],
        ["x-basalt-min-txn", "1"],
        ["x-basalt-min-txn", "0"],
        ["x-basalt-min-txn", "x"],
        ["x-basalt-min-txn", "-1"],
        ["x-basalt-min-txn", "1", "x-basalt-min-txn", "2"],
        ["x-request-id", "mine.1-a_b"],
        ["x-request-id", "not/mine"],
        ["x-request-id", "a", "x-request-id", "b"],
        ["origin", "https://elsewhere.example"],
        ["prefer", "wait=computed"],
        ["prefer", "respond-async"],
        ["user-agent", "something/1.0"],
        ["x-forwarded-for", "10.0.0.1"],
        ["content-length", "0"],
        ["connection", "close"],
        ["cookie", "a=b"],
        ["range", "bytes=0-10"],
        ["if-match", '"1"'],
        ["idempotency-key", "one"],
        ["authorization", "Bearer second"],
      ),
    },
  );
  return fc.tuple(token, more, more, fc.boolean()).map(([authorization, one, two, isSmall]) => [
    "Host",
    "basalt.test",
    ...(authorization === "" ? [] : [isSmall ? "authorization" : "Authorization", authorization]),
    ...one,
    // Two lengths are no request: what the parser says of them is another test.
    ...(one[0] === "content-length" && two[0] === "content-length" ? [] : two),
  ]);
}

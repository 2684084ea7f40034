import Airtable from "airtable";

/** Cells as the client gives and takes them; their shape is what the tests are about. */
export type Cells = Record<string, unknown>;

/** A base as the client's users have it. */
export type AirtableBase = (table: string) => Airtable.Table<Airtable.FieldSet>;

/** The client as a program has it: the address and the key are all that it is told. */
export function clientOf(to: {
  readonly url: string;
  readonly key: string;
  readonly baseId: string;
}): AirtableBase {
  const { url, key, baseId } = to;
  return new Airtable({ apiKey: key, endpointUrl: url, requestTimeout: 20_000 }).base(baseId);
}

/** The client's own types know fewer cell values than Airtable has. */
export function cells(value: Cells): Airtable.FieldSet {
  return value as Airtable.FieldSet;
}

/** What a call that must fail was refused with. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "no error",
    ({ error, message, statusCode }: Airtable.Error) => ({ error, message, statusCode }),
  );
}

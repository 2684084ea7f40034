import fc from "fast-check";
import { MISSING, type TestApi } from "./test-api.ts";

/** For tests: where the requests go. */
export interface Place {
  readonly api: TestApi;
  readonly recordId: string;
}

/** Bodies for an operation: three of four nearly right, the others anything. */
export function hostileBody(operationId: string, place: Place): fc.Arbitrary<unknown> {
  const good = bodies[operationId]?.(place);
  return good === undefined ? anyBody : fc.oneof({ weight: 3, arbitrary: good }, anyBody);
}

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "\0",
    "\ud800",
    "__proto__",
    "constructor",
    "' or 1=1 --",
    'a"b; drop table x;--',
    "𝒳".repeat(300),
    "2026-02-30",
    "rec1",
    MISSING,
    "<img src=x onerror=alert(1)>",
    "open",
    "",
  ),
);
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, 1e308, -0, 2 ** 53, [], {}),
);
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(text, scalar, { maxKeys: 3 }),
  fc.record(
    { id: text, url: text, filename: text, email: text, text, specialValue: text },
    { requiredKeys: [] },
  ),
);
const cells = fc.dictionary(
  fc.oneof(fc.constantFrom("Name", "Count", "Done", "Files", "State", "Number"), text),
  value,
  { maxKeys: 4 },
);
const row = fc.record(
  { id: fc.oneof(fc.constant(MISSING), text), fields: cells },
  { requiredKeys: [] },
);
const field = fc.record(
  {
    name: text,
    type: fc.oneof(
      fc.constantFrom("singleLineText", "number", "singleSelect", "multipleRecordLinks", "aiText"),
      text,
    ),
    description: value,
    options: fc.oneof(
      value,
      fc.record({ precision: value }),
      fc.record({ choices: fc.array(fc.record({ name: text })) }),
    ),
  },
  { requiredKeys: [] },
);
/** Cells that are right, or nearly. */
const goodText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const goodCells = fc.oneof(
  fc.record(
    {
      Name: fc.oneof(goodText, text),
      Count: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      Done: fc.boolean(),
      State: fc.constantFrom("open", "closed", null),
      Files: fc.constant([]),
    },
    { requiredKeys: [] },
  ),
  cells,
);
const goodField = fc.oneof(
  fc.record({
    name: fc.oneof(goodText, text),
    type: fc.constantFrom("singleLineText", "richText", "email", "barcode"),
  }),
  fc.record({
    name: goodText,
    type: fc.constant("number"),
    options: fc.record({ precision: fc.nat(9) }),
  }),
  fc.record({
    name: goodText,
    type: fc.constant("multipleSelects"),
    options: fc.record({
      choices: fc.array(fc.record({ name: fc.oneof(goodText, text) }), { maxLength: 3 }),
    }),
  }),
);
const goodRow = fc.record({ fields: goodCells });
const switches = {
  typecast: fc.boolean(),
  returnFieldsByFieldId: fc.constantFrom(0, 1, true, false),
};
/** Every key that some body knows, with values that are nearly right or quite wrong. */
const anyBody = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.record(
    {
      fields: fc.oneof(cells, fc.array(field, { maxLength: 2 }), value),
      records: fc.oneof(fc.array(row, { maxLength: 3 }), value),
      typecast: fc.oneof(fc.boolean(), value),
      returnFieldsByFieldId: fc.oneof(fc.boolean(), value),
      performUpsert: fc.oneof(
        fc.record({ fieldsToMergeOn: fc.array(fc.oneof(fc.constantFrom("Name", "Count"), text)) }),
        value,
      ),
      sort: fc.oneof(
        fc.array(fc.record({ field: fc.oneof(fc.constant("Name"), text), direction: text })),
        value,
      ),
      view: value,
      offset: value,
      pageSize: value,
      maxRecords: value,
      cellFormat: fc.oneof(fc.constantFrom("json", "string"), value),
      timeZone: fc.oneof(fc.constantFrom("utc", "Europe/Berlin"), value),
      userLocale: fc.oneof(fc.constant("en"), value),
      recordMetadata: value,
      name: value,
      description: value,
      type: fc.oneof(fc.constantFrom("number", "checkbox"), value),
      options: value,
      dryRun: fc.boolean(),
      text: value,
      parentCommentId: value,
      contentType: value,
      filename: value,
      file: fc.oneof(fc.constant("aGVsbG8="), value),
      workspaceId: value,
      tables: fc.oneof(fc.array(field, { maxLength: 2 }), value),
      collaborators: value,
      permissionLevel: value,
      baseId: value,
    },
    { requiredKeys: [] },
  ),
);
/** Parameters of a query string, right and wrong. */
export const hostileQuery = fc.array(
  fc.tuple(
    fc.constantFrom(
      "fields[]",
      "fields[0]",
      "sort[0][field]",
      "sort[][direction]",
      "records[]",
      "view",
      "offset",
      "pageSize",
      "maxRecords",
      "limit",
      "cellFormat",
      "timeZone",
      "userLocale",
      "returnFieldsByFieldId",
      "recordMetadata[]",
      "include",
      "filterByFormula",
    ),
    fc.oneof(fc.constantFrom("Name", "1", "10", "true", "string", "utc", "en", "asc"), text),
  ),
  { maxLength: 4 },
);
/** Headers that mean something here. */
export const hostileHeaders = fc.record(
  {
    "if-match": fc.constantFrom("*", '"1"', '"x"', "W/1", '"1","2"', '"'.repeat(50)),
    "if-none-match": fc.constantFrom("*", '"1"', ",,,", "x"),
    "x-basalt-limits": fc.constantFrom("extended", "none"),
    "x-api-version": fc.constant("0.1.0"),
    "x-airtable-application-id": fc.constant("x"),
  },
  { requiredKeys: [] },
);

const changedRow = ({ recordId }: Place): fc.Arbitrary<unknown> =>
  fc.record({ id: fc.constant(recordId), fields: goodCells });
const updateMany = (place: Place): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.record({
      records: fc.array(changedRow(place), { minLength: 1, maxLength: 1 }),
      ...switches,
    }),
    fc.record({
      performUpsert: fc.record({
        fieldsToMergeOn: fc.subarray(["Name", "Count", "State"], { minLength: 1 }),
      }),
      records: fc.array(fc.oneof(goodRow, changedRow(place)), { minLength: 1, maxLength: 3 }),
      ...switches,
    }),
  );
const update = (): fc.Arbitrary<unknown> => fc.record({ fields: goodCells, ...switches });

/** Bodies that an operation could accept. */
const bodies: Record<string, (place: Place) => fc.Arbitrary<unknown>> = {
  "records.listByPost": () =>
    fc.record(
      {
        fields: fc.subarray(["Name", "Count"]),
        pageSize: fc.nat(101),
        maxRecords: fc.nat(5),
        offset: fc.constant(""),
        view: fc.constant("grid VIEW"),
      },
      { requiredKeys: [] },
    ),
  "records.create": () =>
    fc.oneof(update(), fc.record({ records: fc.array(goodRow, { maxLength: 11 }), ...switches })),
  "records.update": update,
  "records.replace": update,
  "records.updateMany": updateMany,
  "records.replaceMany": updateMany,
  "records.uploadAttachment": () =>
    fc.record({ contentType: text, filename: text, file: fc.base64String({ maxLength: 40 }) }),
  "records.createComment": () => fc.record({ text: fc.oneof(goodText, text) }),
  "records.updateComment": () => fc.record({ text: fc.oneof(goodText, text) }),
  "records.createBase": ({ api }) =>
    fc.record({
      name: goodText,
      workspaceId: fc.constant(api.workspaceId),
      tables: fc.array(
        fc.record({ name: goodText, fields: fc.array(goodField, { maxLength: 2 }) }),
        { maxLength: 2 },
      ),
    }),
  "records.createTable": () =>
    fc.record({
      name: fc.oneof(goodText, text),
      fields: fc.array(goodField, { minLength: 1, maxLength: 3 }),
    }),
  "records.updateTable": () => fc.record({ description: text }),
  "records.createField": () => goodField,
  "records.updateField": () =>
    fc.oneof(
      fc.record({ description: text }),
      fc.record({
        type: fc.constantFrom("number", "singleLineText", "checkbox", "date"),
        options: value,
        dryRun: fc.constant(true),
      }),
    ),
  "records.addBaseCollaborators": ({ api }) =>
    fc.record({
      collaborators: fc.array(
        fc.record({
          user: fc.record({ id: fc.constantFrom(api.people.stranger.userId, "usrAAAAAAAAAAAAAA") }),
          permissionLevel: fc.constantFrom("read", "edit", "owner"),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  "records.changeWorkspaceCollaborator": () =>
    fc.record({ permissionLevel: fc.constantFrom("read", "owner", "comment") }),
  "records.moveBase": ({ api }) =>
    fc.record({
      baseId: fc.constantFrom(api.baseId, "appAAAAAAAAAAAAAA"),
      targetWorkspaceId: fc.constant(api.workspaceId),
    }),
};

import type { BaseSource, FieldSource, ViewSource } from "../templates/base-source.ts";
import {
  allergens,
  countries,
  customerKinds,
  customerTags,
  productLines,
  roles,
  skills,
} from "./vocabulary.ts";

const field = (name: string, type: string, options?: FieldSource["options"]): FieldSource => ({
  name,
  type,
  ...(options !== undefined && { options }),
});
const select = (name: string, ...choices: readonly (string | readonly [string, string])[]) =>
  field(name, "singleSelect", choicesOf(choices));
const several = (name: string, choices: readonly string[]) =>
  field(name, "multipleSelects", choicesOf(choices));
const link = (name: string, to: NonNullable<FieldSource["link"]>): FieldSource => ({
  name,
  type: "multipleRecordLinks",
  link: to,
});
const money = (name: string) => field(name, "currency", { precision: 2, symbol: "€" });
const day = (name: string) => field(name, "date", { dateFormat: { name: "iso" } });
const stars = (name: string) =>
  field(name, "rating", { icon: "star", max: 5, color: "yellowBright" });
const tick = (name: string) => field(name, "checkbox", { icon: "check", color: "greenBright" });
const moment = {
  timeZone: "client",
  dateFormat: { name: "iso" },
  timeFormat: { name: "24hour" },
};
const stamp = (name: string, type: "createdTime" | "lastModifiedTime") =>
  field(name, type, { result: { type: "dateTime", options: moment } });
const formula = (name: string, text: string, result?: object) =>
  field(name, "formula", { formula: text, ...(result !== undefined && { result }) });
const button = (name: string, label: string, text: string) =>
  field(name, "button", { label, formula: text });
const lookup = (name: string, through: Through) => ({
  ...field(name, "multipleLookupValues"),
  through,
});
const rollup = (
  name: string,
  { text, ...through }: Through & { readonly text: string },
  result?: object,
) => ({
  ...field(name, "rollup", { formula: text, ...(result !== undefined && { result }) }),
  through,
});
const count = (name: string, to: string, filterByFormula?: string) => ({
  ...field(name, "count", filterByFormula === undefined ? undefined : { filterByFormula }),
  through: { link: to },
});
type Through = NonNullable<FieldSource["through"]>;
const euros = { type: "currency", options: { precision: 2, symbol: "€" } };
const all: ViewSource = { name: "All", type: "grid" };

function choicesOf(choices: readonly (string | readonly [string, string])[]): object & {
  readonly choices: readonly object[];
} {
  return {
    choices: choices.map((choice) =>
      typeof choice === "string" ? { name: choice } : { name: choice[0], color: choice[1] },
    ),
  };
}

/** The tables of the sample: together they use every type that a field can have. */
export const sampleSource: BaseSource = {
  name: "Alder & Finch, tea and coffee",
  description: "The books of a small wholesaler, made up: orders, customers, products, tickets.",
  color: "teal",
  icon: "coffee",
  tables: [
    {
      name: "Orders",
      description: "One line of an order each.",
      fields: [
        field("Order", "singleLineText"),
        link("Customer", { table: "Customers", field: "Orders", single: true }),
        link("Product", { table: "Products", field: "Orders", single: true }),
        field("Quantity", "number", { precision: 0 }),
        money("Unit price"),
        field("Discount", "percent", { precision: 0 }),
        formula("Total", "ROUND({Quantity} * {Unit price} * (1 - {Discount}), 2)", euros),
        select(
          "Status",
          ["New", "grayLight2"],
          ["Packed", "yellowLight2"],
          ["Shipped", "blueLight2"],
          ["Delivered", "greenLight2"],
          ["Returned", "redLight2"],
        ),
        select("Channel", "Web shop", "Phone", "E-mail", "Visit"),
        field("Ordered", "dateTime", moment),
        day("Deliver by"),
        tick("Paid"),
        field("Note", "multilineText"),
        link("Tickets", { table: "Tickets", field: "Order" }),
        lookup("Country", { link: "Customer", field: "Country" }),
      ],
      views: [
        all,
        { name: "Latest", type: "grid", sort: ["-Ordered"] },
        { name: "By status", type: "kanban", fieldIds: { groupFieldId: "Status" } },
        {
          name: "To be paid",
          type: "grid",
          where: [
            ["Paid", "=", false],
            ["Status", "isNot", "Returned"],
            ["Total", ">", 500],
          ],
          sort: ["-Total"],
        },
        {
          name: "Figures",
          type: "grid",
          visible: ["Order", "Product", "Quantity", "Unit price", "Discount", "Total"],
        },
      ],
    },
    {
      name: "Customers",
      fields: [
        field("Customer", "singleLineText"),
        select("Kind", ...customerKinds),
        field("E-mail", "email"),
        field("Phone", "phoneNumber"),
        field("Website", "url"),
        field("City", "singleLineText"),
        select("Country", ...countries),
        day("Customer since"),
        several("Tags", customerTags),
        money("Credit limit"),
        stars("Standing"),
        link("Looked after by", { table: "Staff", field: "Customers", single: true }),
        field("Notes", "richText"),
        link("Orders", { table: "Orders", field: "Customer" }),
        link("Tickets", { table: "Tickets", field: "Customer" }),
        count("Order count", "Orders"),
        rollup("Revenue", { link: "Orders", field: "Total", text: "SUM(values)" }, euros),
        formula("Mean order", "IF({Order count}, {Revenue} / {Order count})", euros),
        rollup("Last order", { link: "Orders", field: "Ordered", text: "MAX(values)" }),
        count("Open tickets", "Tickets", '{Status} != "Closed"'),
        button(
          "Map",
          "Show on a map",
          '"https://www.openstreetmap.org/search?query=" & ENCODE_URL_COMPONENT({City} & ", " & {Country})',
        ),
      ],
      views: [
        all,
        {
          name: "Best",
          type: "grid",
          sort: ["-Revenue"],
          visible: ["Customer", "Country", "Order count", "Revenue", "Mean order", "Last order"],
        },
        { name: "Addresses", type: "grid", visible: ["Customer", "City", "Country", "Phone"] },
      ],
    },
    {
      name: "Products",
      fields: [
        field("Product", "singleLineText"),
        field("Barcode", "barcode"),
        select("Category", ...productLines.map(([name, color]) => [name, color] as const)),
        field("Unit", "singleLineText"),
        money("Price"),
        field("Margin", "percent", { precision: 1 }),
        field("In stock", "number", { precision: 0 }),
        tick("For sale"),
        several("May contain", allergens),
        field("Brewing time", "duration", { durationFormat: "h:mm:ss" }),
        stars("Rating"),
        field("Description", "richText"),
        field("Photo", "multipleAttachments"),
        field("Data sheet", "multipleAttachments"),
        link("Supplier", { table: "Suppliers", field: "Products", single: true }),
        link("Orders", { table: "Orders", field: "Product" }),
        rollup("Sold", { link: "Orders", field: "Quantity", text: "SUM(values)" }),
        formula("Stock value", "{In stock} * {Price} * (1 - {Margin})", euros),
        formula("Reorder", "AND({For sale}, {In stock} < 20)"),
      ],
      views: [
        all,
        { name: "Gallery", type: "gallery", fieldIds: { coverFieldId: "Photo" } },
        {
          name: "To reorder",
          type: "grid",
          where: [["Reorder", "=", 1]],
          sort: ["In stock"],
          visible: ["Product", "In stock", "Sold", "Stock value"],
        },
      ],
    },
    {
      name: "Staff",
      fields: [
        field("Name", "singleLineText"),
        field("Role", "singleLineText"),
        select("Team", ...new Set(roles.map(([, team]) => team))),
        field("E-mail", "email"),
        field("Phone", "phoneNumber"),
        day("Started"),
        field("Week", "duration", { durationFormat: "h:mm" }),
        several("Skills", skills),
        link("Reports to", { table: "Staff", single: true }),
        field("Photo", "multipleAttachments"),
        field("Account", "singleCollaborator"),
        link("Customers", { table: "Customers", field: "Looked after by" }),
        link("Tickets", { table: "Tickets", field: "Handled by" }),
      ],
      views: [all, { name: "By team", type: "kanban", fieldIds: { groupFieldId: "Team" } }],
    },
    {
      name: "Tickets",
      fields: [
        field("Ticket", "autoNumber"),
        field("Subject", "singleLineText"),
        field("Text", "multilineText"),
        link("Customer", { table: "Customers", field: "Tickets", single: true }),
        link("Order", { table: "Orders", field: "Tickets", single: true }),
        link("Handled by", { table: "Staff", field: "Tickets", single: true }),
        select(
          "Priority",
          ["Low", "grayLight2"],
          ["Normal", "blueLight2"],
          ["Urgent", "redLight2"],
        ),
        select(
          "Status",
          ["Open", "yellowLight2"],
          ["Waiting", "orangeLight2"],
          ["Closed", "greenLight2"],
        ),
        field("Answer by", "dateTime", moment),
        field("Time spent", "duration", { durationFormat: "h:mm" }),
        stars("Satisfaction"),
        field("Files", "multipleAttachments"),
        field("Assignee", "singleCollaborator"),
        field("Followers", "multipleCollaborators"),
        lookup("E-mail", { link: "Customer", field: "E-mail" }),
        { ...stamp("Status changed", "lastModifiedTime"), watched: ["Status"] },
        stamp("Opened", "createdTime"),
        stamp("Changed", "lastModifiedTime"),
        field("Opened by", "createdBy"),
        field("Changed by", "lastModifiedBy"),
        formula("Days open", 'IF({Status} != "Closed", DATETIME_DIFF(TODAY(), {Opened}, "days"))'),
      ],
      views: [
        all,
        { name: "Board", type: "kanban", fieldIds: { groupFieldId: "Status" } },
        {
          name: "Open",
          type: "grid",
          where: [["Status", "isNot", "Closed"]],
          sort: ["-Days open"],
        },
        { name: "To answer", type: "calendar", fieldIds: { dateFieldId: "Answer by" } },
      ],
    },
    {
      name: "Suppliers",
      fields: [
        field("Supplier", "singleLineText"),
        select("Country", ...countries),
        field("Contact", "singleLineText"),
        field("E-mail", "email"),
        field("Phone", "phoneNumber"),
        field("Website", "url"),
        field("Delivers in days", "number", { precision: 0 }),
        stars("Rating"),
        field("Terms", "richText"),
        field("Contract", "multipleAttachments"),
        link("Products", { table: "Products", field: "Supplier" }),
        count("For sale", "Products", "{For sale}"),
      ],
      views: [all],
    },
  ],
};

import type { Dice } from "./dice.ts";
import type { SamplePlan, SampleRow } from "./sample-records.ts";
import {
  allergens,
  complaints,
  customerKinds,
  customerTags,
  familyNames,
  givenNames,
  notes,
  origins,
  places,
  productLines,
  roles,
  shopFirst,
  shopLast,
  skills,
  supplierNames,
} from "./vocabulary.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The first and the last day of the books. */
const FIRST_MS = Date.UTC(2023, 0, 2);
const LAST_MS = Date.UTC(2025, 11, 19);

const channels = ["Web shop", "Web shop", "Web shop", "Phone", "E-mail", "Visit"] as const;

/** One line of an order; later ones have larger numbers. */
export function order(plan: SamplePlan, index: number, dice: Dice): SampleRow {
  const orderedMs = orderTimeMs(plan, index);
  const ageDays = (LAST_MS - orderedMs) / DAY_MS;
  const cents = priceCents(plan.productOf[index] ?? 0);
  const quantity = dice.percent(70) ? dice.whole(1, 6) : dice.whole(7, 48);
  const discount = quantity >= 24 ? 0.1 : quantity >= 12 ? 0.05 : 0;
  const number = String(index + 1).padStart(6, "0");
  const status = orderStatus(ageDays, dice);
  return {
    createdMs: orderedMs,
    modifiedMs: Math.min(LAST_MS, orderedMs + dice.whole(1, 96) * HOUR_MS),
    values: {
      Order: `AF-${new Date(orderedMs).getUTCFullYear()}-${number}`,
      Customer: [plan.customerOf[index] ?? 0],
      Product: [plan.productOf[index] ?? 0],
      Quantity: quantity,
      "Unit price": cents / 100,
      Discount: discount === 0 ? null : discount,
      Status: status,
      Channel: dice.pick(channels),
      Ordered: new Date(orderedMs).toISOString(),
      "Deliver by": dayOf(orderedMs + dice.whole(2, 9) * DAY_MS),
      Paid: ageDays > 30 ? dice.percent(98) : dice.percent(60),
      Note: dice.percent(8) ? dice.pick(notes) : null,
      Tickets: plan.ticketsOfOrder(index),
    },
  };
}

function orderStatus(ageDays: number, dice: Dice): string {
  if (ageDays > 10) {
    return dice.percent(97) ? "Delivered" : "Returned";
  }
  return dice.pick(ageDays > 4 ? ["Shipped", "Delivered"] : ["New", "Packed", "Shipped"]);
}

export function customer(plan: SamplePlan, index: number, dice: Dice): SampleRow {
  const kind = dice.pick(customerKinds);
  const name = kind === "Private" ? personName(dice) : shopName(dice, index);
  const [city, country, phone] = dice.pick(places);
  const sinceMs = FIRST_MS - dice.whole(0, 2_500) * DAY_MS;
  const host = `${slug(name)}-${index + 1}.example`;
  return {
    createdMs: sinceMs,
    modifiedMs: sinceMs + dice.whole(1, 700) * DAY_MS,
    values: {
      Customer: name,
      Kind: kind,
      "E-mail": `hello@${host}`,
      Phone: phoneNumber(phone, dice),
      Website: kind === "Private" ? null : `https://www.${host}`,
      City: city,
      Country: country,
      "Customer since": dayOf(sinceMs),
      Tags: customerTags.filter(() => dice.percent(20)),
      "Credit limit": kind === "Private" ? null : dice.whole(2, 60) * 250,
      Standing: dice.whole(2, 5),
      "Looked after by": [index % Math.max(1, plan.size.Staff - 4)],
      Notes: dice.percent(25) ? `Prefers **${dice.pick(origins)}**. ${dice.pick(notes)}` : null,
      Orders: plan.ordersOfCustomer(index),
      Tickets: plan.ticketsOfCustomer(index),
    },
  };
}

export function product(plan: SamplePlan, index: number, dice: Dice): SampleRow {
  const [category, , unit, , , kinds] = productLine(index);
  const kind = kinds[Math.floor(index / productLines.length) % kinds.length] ?? kinds[0];
  const turn = Math.floor(index / (productLines.length * kinds.length));
  const origin = origins[turn % origins.length] ?? "";
  const batch = turn < origins.length ? "" : ` No. ${1 + Math.floor(turn / origins.length)}`;
  const madeMs = FIRST_MS - dice.whole(20, 900) * DAY_MS;
  const { pictures, texts } = plan.files;
  return {
    createdMs: madeMs,
    modifiedMs: madeMs + dice.whole(1, 800) * DAY_MS,
    values: {
      Product: `${kind} ${origin}${batch}`,
      Barcode: { text: ean13(index), type: "ean13" },
      Category: category,
      Unit: unit,
      Price: priceCents(index) / 100,
      Margin: dice.whole(180, 520) / 1_000,
      "In stock": dice.percent(6) ? 0 : dice.whole(3, 640),
      "For sale": dice.percent(93),
      "May contain": allergens.filter(() => dice.percent(12)),
      "Brewing time": category === "Tea" || category === "Coffee" ? dice.whole(25, 300) : null,
      Rating: dice.whole(2, 5),
      Description: `**${kind}** from *${origin}*, sold by the ${unit}.`,
      Photo: pictures.length === 0 ? [] : [pictures[index % pictures.length]],
      "Data sheet": index % 5 === 0 && texts.length > 0 ? [texts[index % texts.length]] : [],
      Supplier: [index % plan.size.Suppliers],
      Orders: plan.ordersOfProduct(index),
    },
  };
}

export function staffMember(plan: SamplePlan, index: number, dice: Dice): SampleRow {
  const name = `${givenNames[index % givenNames.length]} ${familyNames[(index * 7) % familyNames.length]}`;
  const [role, team] = roles[index < 4 ? index : 4 + (index % (roles.length - 4))] ?? roles[0];
  const startedMs = FIRST_MS - dice.whole(30, 4_000) * DAY_MS;
  const { pictures } = plan.files;
  return {
    createdMs: startedMs,
    modifiedMs: startedMs + 20 * DAY_MS,
    values: {
      Name: name,
      Role: role,
      Team: team,
      "E-mail": `${slug(name)}@alder-finch.example`,
      Phone: phoneNumber("+351 21", dice),
      Started: dayOf(startedMs),
      Week: dice.pick([20, 30, 36, 40, 40, 40]) * 3_600,
      Skills: skills.filter(() => dice.percent(30)),
      "Reports to": index === 0 ? [] : [index < 4 ? 0 : 1 + (index % 3)],
      Photo: pictures.length === 0 ? [] : [pictures[(index * 3) % pictures.length]],
      Customers: numbersWith(
        plan.size.Customers,
        (one) => one % Math.max(1, plan.size.Staff - 4) === index,
      ),
      Tickets: numbersWith(plan.size.Tickets, (one) => one % plan.size.Staff === index),
    },
  };
}

export function ticket(plan: SamplePlan, index: number, dice: Dice): SampleRow {
  const about = plan.orderOf[index] ?? 0;
  const openedMs = Math.min(LAST_MS, orderTimeMs(plan, about) + dice.whole(20, 200) * HOUR_MS);
  const [subject, text] = dice.pick(complaints);
  const closed = (LAST_MS - openedMs) / DAY_MS > 14;
  const { texts } = plan.files;
  return {
    createdMs: openedMs,
    modifiedMs: Math.min(LAST_MS, openedMs + dice.whole(1, 120) * HOUR_MS),
    values: {
      Subject: subject,
      Text: text,
      Customer: [plan.customerOf[about] ?? 0],
      Order: [about],
      "Handled by": [index % plan.size.Staff],
      Priority: dice.pick(["Low", "Normal", "Normal", "Normal", "Urgent"]),
      Status: closed ? "Closed" : dice.pick(["Open", "Waiting"]),
      "Answer by": new Date(openedMs + dice.whole(8, 72) * HOUR_MS).toISOString(),
      "Time spent": dice.whole(1, 24) * 300,
      Satisfaction: closed && dice.percent(60) ? dice.whole(1, 5) : null,
      Files: dice.percent(15) && texts.length > 0 ? [texts[index % texts.length]] : [],
    },
  };
}

export function supplier(plan: SamplePlan, index: number, dice: Dice): SampleRow {
  const name = supplierNames[index % supplierNames.length] ?? "";
  const [, country, phone] = dice.pick(places);
  const { texts } = plan.files;
  return {
    createdMs: FIRST_MS - 900 * DAY_MS,
    modifiedMs: FIRST_MS - dice.whole(1, 800) * DAY_MS,
    values: {
      Supplier: name,
      Country: country,
      Contact: personName(dice),
      "E-mail": `sales@${slug(name)}.example`,
      Phone: phoneNumber(phone, dice),
      Website: `https://${slug(name)}.example`,
      "Delivers in days": dice.whole(2, 45),
      Rating: dice.whole(2, 5),
      Terms: `Net **${dice.pick([14, 30, 60])} days**, free from € ${dice.whole(2, 20) * 100}.`,
      Contract: texts.length === 0 ? [] : [texts[index % texts.length]],
      Products: numbersWith(plan.size.Products, (one) => one % plan.size.Suppliers === index),
    },
  };
}

/** Orders come evenly over the years, in working hours. */
function orderTimeMs(plan: SamplePlan, index: number): number {
  const days = (LAST_MS - FIRST_MS) / DAY_MS;
  const place = (index / plan.size.Orders) * days;
  const day = Math.floor(place);
  return FIRST_MS + day * DAY_MS + Math.floor((7 + 11 * (place - day)) * 60) * 60_000;
}

function productLine(index: number): (typeof productLines)[number] {
  return productLines[index % productLines.length] ?? productLines[0];
}

/** From the number alone, so that orders and products agree. */
function priceCents(index: number): number {
  const [, , , least, most] = productLine(index);
  const step = Math.floor(((index * 37) % 100) * ((most - least) / 100));
  return Math.round((least + step) / 10) * 10 - 1;
}

function ean13(index: number): string {
  const digits = `4099${String(10_000_000 + index * 97).padStart(8, "0")}`;
  const sum = [...digits].reduce(
    (total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 1 : 3),
    0,
  );
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function shopName(dice: Dice, index: number): string {
  const name = `${dice.pick(shopFirst)} ${dice.pick(shopLast)}`;
  return index < 200 ? name : `${name} ${1 + Math.floor(index / 200)}`;
}

function personName(dice: Dice): string {
  return `${dice.pick(givenNames)} ${dice.pick(familyNames)}`;
}

function phoneNumber(prefix: string, dice: Dice): string {
  return `${prefix} 555 ${String(dice.whole(0, 9_999)).padStart(4, "0")}`;
}

/** The part of an address that a name becomes. */
function slug(name: string): string {
  return name
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9 ]/g, "")
    .trim()
    .replaceAll(/ +/g, "-");
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function numbersWith(count: number, isWanted: (number: number) => boolean): number[] {
  return Array.from({ length: count }, (_, number) => number).filter(isWanted);
}

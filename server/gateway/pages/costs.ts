/** What a unit costs, US dollars. */
export interface Prices {
  readonly vcpuHour: number;
  readonly gbHour: number;
  readonly diskGbMonth: number;
}

/** What runs, and what is paid for beside it. */
export interface Layout {
  readonly name: string;
  readonly services: number;
  /** Of each service. */
  readonly vcpu: number;
  /** Memory of each service, GB. */
  readonly memoryGb: number;
  readonly diskGb: number;
  /** Managed database, cache, load balancer and traffic together, US dollars a month. */
  readonly sharedMonthly: number;
}

/** US dollars a month. */
export interface MonthlyCost {
  readonly services: number;
  readonly disk: number;
  readonly shared: number;
  readonly total: number;
}

/** An average month, as cloud vendors count it. */
export const HOURS_PER_MONTH = 730;

/** What a layout costs a month at these prices. */
export function monthlyCost(layout: Layout, prices: Prices): MonthlyCost {
  const each = layout.vcpu * prices.vcpuHour + layout.memoryGb * prices.gbHour;
  const services = layout.services * each * HOURS_PER_MONTH;
  const disk = layout.diskGb * prices.diskGbMonth;
  return {
    services,
    disk,
    shared: layout.sharedMonthly,
    total: services + disk + layout.sharedMonthly,
  };
}

/**
 * Prices and shared parts under which the plans' two totals, 420 and 290 dollars, come out. The plans publish totals without
 * items; two totals of 22 and 7 equal services fix one service at 8.67 dollars and the shared parts at 229.34. With the plans'
 * own size of a service (a quarter of a vCPU, half a GB) these prices are near the list prices of container services.
 */
export const plannedPrices: Prices = { vcpuHour: 0.04, gbHour: 0.003744, diskGbMonth: 0.1 };

/** See `plannedPrices`: what 420 and 290 leave for everything that is no service. */
export const SHARED_MONTHLY_USD = 229.34;

const plannedService = { vcpu: 0.25, memoryGb: 0.5, diskGb: 0, sharedMonthly: SHARED_MONTHLY_USD };

/** The layouts that are compared: the two of the plans, and two of ours. */
export const layouts = {
  many: { name: "22 services of the plans", services: 22, ...plannedService },
  few: { name: "7 services of the plans", services: 7, ...plannedService },
  spread: {
    name: "Basalt: 2 API processes and 1 worker, same shared parts",
    services: 3,
    ...plannedService,
  },
  one: {
    name: "Basalt: one machine with everything",
    services: 1,
    vcpu: 2,
    memoryGb: 4,
    diskGb: 40,
    sharedMonthly: 0,
  },
} as const satisfies Record<string, Layout>;

/** A sum that the plans state, and what their own figures give. */
export interface CheckedSum {
  readonly claim: string;
  readonly stated: string;
  readonly computed: string;
  readonly addsUp: boolean;
}

/** The plans' own figures, US dollars. */
const claimed = {
  before: 420,
  after: 290,
  savedYearly: 1_560,
  /** Building, running in parallel, and what was set aside. */
  invested: [196_000, 3_200, 40_000],
  returnYearly: 69_600,
  productionItems: [1_098, 1_298],
} as const;

/** Every sum of the plans that can be checked from their own figures. */
export function checkedSums(): readonly CheckedSum[] {
  const { before, after, savedYearly, returnYearly, productionItems } = claimed;
  const share = percent((before - after) / before);
  const invested = claimed.invested.reduce((sum, part) => sum + part, 0);
  const gain = 3 * returnYearly - invested;
  return [
    {
      claim: "saved a year by going from 22 to 7 services",
      stated: dollars(savedYearly),
      computed: `12 × ${before - after} = ${dollars(12 * (before - after))}`,
      addsUp: 12 * (before - after) === savedYearly,
    },
    {
      claim: "saved share of the monthly cost",
      stated: "60 % in the headline, 40 % in the table",
      computed: `${before - after} of ${before} = ${share}`,
      addsUp: false,
    },
    {
      claim: "production a month",
      stated: "800 to 1,200 dollars",
      computed: `its items give ${productionItems.map(dollars).join(" to ")}`,
      addsUp: false,
    },
    {
      claim: "return over three years",
      stated: "187 %",
      computed: `3 × ${dollars(returnYearly)} − ${dollars(invested)} = ${dollars(gain)} (${percent(gain / invested)}), paid back after ${(invested / returnYearly).toFixed(1)} years`,
      addsUp: false,
    },
  ];
}

/** `-30,400 dollars`. */
export function dollars(amount: number): string {
  return `${Math.round(amount).toLocaleString("en-US")} dollars`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

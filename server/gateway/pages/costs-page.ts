import {
  checkedSums,
  type Layout,
  layouts,
  monthlyCost,
  type MonthlyCost,
  plannedPrices,
  type Prices,
} from "./costs.ts";
import { escapeHtml, htmlPage } from "./html.ts";

/** Larger than any price or size that makes sense; keeps the sums readable. */
const INPUT_MAX = 1_000_000;

/** `/docs/costs`: what a layout costs a month, with prices and sizes that the reader may change. */
export function costsPage(query: URLSearchParams): Response {
  const form = new FormInputs(query);
  const prices: Prices = {
    vcpuHour: form.number("vcpu-hour", plannedPrices.vcpuHour),
    gbHour: form.number("gb-hour", plannedPrices.gbHour),
    diskGbMonth: form.number("disk-gb-month", plannedPrices.diskGbMonth),
  };
  const shown: readonly Shown[] = Object.entries<Layout>(layouts).map(([key, layout]) => {
    const size: Layout = {
      name: layout.name,
      services: form.number(`${key}-services`, layout.services),
      vcpu: form.number(`${key}-vcpu`, layout.vcpu),
      memoryGb: form.number(`${key}-memory-gb`, layout.memoryGb),
      diskGb: form.number(`${key}-disk-gb`, layout.diskGb),
      sharedMonthly: form.number(`${key}-shared`, layout.sharedMonthly),
    };
    return { key, layout: size, cost: monthlyCost(size, prices) };
  });
  return htmlPage(
    "Costs",
    `<header>
<h1>Costs</h1>
<p class="soft">of the layouts that the plans behind Basalt compare, and of ours. Change a price or a size and see what it gives.</p>
</header>
${form.refusals()}
${costTable(shown)}
${chart(shown)}
<p class="soft">The plans publish totals without items. Their 420 dollars for 22 services and 290 for 7 fix one service at 8.67
and everything shared (database, cache, load balancer, traffic) at 229.34; the prices below make them so and are near the list
prices of container services.</p>
<form method="get" action="/docs/costs">
<fieldset><legend>Prices, US dollars</legend>
${input("vcpu-hour", "a vCPU, an hour", prices.vcpuHour)}
${input("gb-hour", "a GB of memory, an hour", prices.gbHour)}
${input("disk-gb-month", "a GB of disk, a month", prices.diskGbMonth)}
</fieldset>
${shown.map(({ key, layout }) => fieldset(key, layout)).join("\n")}
<button>Calculate</button>
</form>
<h2>Sums of the plans, computed again</h2>
${sumTable()}
<p class="soft">What one machine carries is measured: see <a href="/docs/figures">plans and figures</a>.</p>`,
    { asks: true },
  );
}

interface Shown {
  readonly key: string;
  readonly layout: Layout;
  readonly cost: MonthlyCost;
}

function costTable(shown: readonly Shown[]): string {
  const rows = shown.map(
    ({ layout, cost }) =>
      `<tr><td>${escapeHtml(layout.name)}</td>${[cost.services, cost.disk, cost.shared].map(cell).join("")}<td class="num"><strong>${whole(cost.total)}</strong></td></tr>`,
  );
  return `<div class="wide"><table>
<thead><tr><th>Layout</th><th class="num">Services</th><th class="num">Disk</th><th class="num">Shared parts</th><th class="num">Dollars a month</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>`;
}

function sumTable(): string {
  const rows = checkedSums().map(
    ({ claim, stated, computed, addsUp }) =>
      `<tr><td>${escapeHtml(claim)}</td><td>${escapeHtml(stated)}</td><td>${escapeHtml(computed)}</td><td>${addsUp ? "adds up" : '<span class="wrong">does not add up</span>'}</td></tr>`,
  );
  return `<div class="wide"><table>
<thead><tr><th>What</th><th>Stated</th><th>Their own figures give</th><th></th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>`;
}

/** Numbers of a form that was sent as a query; what is no number is named and the usual value taken. */
class FormInputs {
  private readonly refused: string[] = [];
  private readonly query: URLSearchParams;

  constructor(query: URLSearchParams) {
    this.query = query;
  }

  number(name: string, usual: number): number {
    const text = this.query.get(name);
    if (text === null) {
      return usual;
    }
    const value = /^\d{1,7}(?:\.\d{1,9})?$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= 0 && value <= INPUT_MAX) {
      return value;
    }
    this.refused.push(name);
    return usual;
  }

  refusals(): string {
    return this.refused.length === 0
      ? ""
      : `<p class="wrong" role="alert">Not a number from 0 to ${INPUT_MAX.toLocaleString("en-US")}: ${this.refused.join(", ")}. The usual value was taken.</p>`;
  }
}

function fieldset(key: string, layout: Layout): string {
  return `<fieldset><legend>${escapeHtml(layout.name)}</legend>
${input(`${key}-services`, "services", layout.services)}
${input(`${key}-vcpu`, "vCPU of each", layout.vcpu)}
${input(`${key}-memory-gb`, "GB of each", layout.memoryGb)}
${input(`${key}-disk-gb`, "disk, GB", layout.diskGb)}
${input(`${key}-shared`, "shared, dollars", layout.sharedMonthly)}
</fieldset>`;
}

function input(name: string, label: string, value: number): string {
  return `<label>${label}<input name="${name}" inputmode="decimal" value="${value}"></label>`;
}

const CHART_WIDTH = 640;
const ROW_HEIGHT = 44;

/** Bars beside each other: lengths are what people compare. */
function chart(shown: readonly Shown[]): string {
  const most = Math.max(1, ...shown.map(({ cost }) => cost.total));
  const bars = shown.map(({ key, layout: { name }, cost: { total } }, index) => {
    const isOurs = key === "spread" || key === "one";
    const width = Math.max(2, (total / most) * (CHART_WIDTH - 60));
    const y = index * ROW_HEIGHT;
    return `<text x="0" y="${y + 13}" font-size="13" fill="currentColor">${escapeHtml(name)}</text>
<rect class="bar${isOurs ? " ours" : ""}" x="0" y="${y + 19}" width="${width.toFixed(1)}" height="14" rx="3"/>
<text x="${(width + 8).toFixed(1)}" y="${y + 31}" font-size="13" font-weight="600" fill="currentColor">${whole(total)}</text>`;
  });
  return `<svg viewBox="0 0 ${CHART_WIDTH} ${shown.length * ROW_HEIGHT}" width="100%" role="img" aria-label="Dollars a month by layout">
${bars.join("\n")}
</svg>`;
}

function cell(amount: number): string {
  return `<td class="num">${whole(amount)}</td>`;
}

function whole(amount: number): string {
  return Math.round(amount).toLocaleString("en-US");
}

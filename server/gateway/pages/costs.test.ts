import { expect, test } from "vitest";
import { checkedSums, layouts, monthlyCost, plannedPrices } from "./costs.ts";
import { costsPage } from "./costs-page.ts";

test("the two totals of the plans come out, and their difference", () => {
  const many = monthlyCost(layouts.many, plannedPrices).total;
  const few = monthlyCost(layouts.few, plannedPrices).total;

  expect(Math.round(many)).toBe(420);
  expect(Math.round(few)).toBe(290);
  expect(Math.round(many - few)).toBe(130);
});

test("the parts of a cost are its total", () => {
  const cost = monthlyCost(
    { name: "x", services: 3, vcpu: 2, memoryGb: 4, diskGb: 100, sharedMonthly: 50 },
    { vcpuHour: 0.1, gbHour: 0.01, diskGbMonth: 0.2 },
  );

  // 3 × (2 × 0.1 + 4 × 0.01) × 730 = 525.6; 100 × 0.2 = 20.
  expect(cost.services).toBeCloseTo(525.6);
  expect(cost.disk).toBeCloseTo(20);
  expect(cost.total).toBeCloseTo(595.6);
});

test("the sums that do not add up are named with what they give", () => {
  const sums = checkedSums();
  const of = (claim: string): string => sums.find((sum) => sum.claim === claim)?.computed ?? "";

  expect(of("saved share of the monthly cost")).toBe("130 of 420 = 31 %");
  expect(of("production a month")).toBe("its items give 1,098 dollars to 1,298 dollars");
  expect(of("return over three years")).toContain(
    "-30,400 dollars (-13 %), paid back after 3.4 years",
  );
  expect(sums.filter(({ addsUp }) => addsUp).map(({ claim }) => claim)).toEqual([
    "saved a year by going from 22 to 7 services",
  ]);
});

test("the page shows the totals, and those of other prices", async () => {
  const usual = await costsPage(new URLSearchParams()).text();
  const dear = await costsPage(new URLSearchParams("vcpu-hour=0.08")).text();

  expect(usual).toContain("<strong>420</strong>");
  expect(usual).toContain("<strong>290</strong>");
  expect(dear).toContain("<strong>581</strong>");
  expect(dear).toContain('name="vcpu-hour" inputmode="decimal" value="0.08"');
});

test.each(["-1", "1e9", "NaN", "", "99999999", '"><script>alert(1)</script>', "0x10", "1,5"])(
  "%j is no price: the usual one is taken and the field named",
  async (price) => {
    const response = costsPage(new URLSearchParams({ "vcpu-hour": price }));
    const text = await response.text();

    expect(response.status).toBe(200);
    expect(text).toContain("Not a number from 0 to 1,000,000: vcpu-hour.");
    expect(text).toContain("<strong>420</strong>");
    expect(text).not.toContain("<script");
  },
);

test("its form may be sent to this server and nowhere else", () => {
  const policy = costsPage(new URLSearchParams()).headers.get("content-security-policy");

  expect(policy).toContain("form-action 'self'");
  expect(policy).toContain("default-src 'none'");
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Lookouts, type Waiting } from "./lookouts.ts";

/** Says when it is looked at, and does something then. */
class Watched implements Waiting {
  place = -1;
  looks = 0;
  private readonly whenLooked: () => void;

  constructor(whenLooked: () => void = () => undefined) {
    this.whenLooked = whenLooked;
  }

  look(): void {
    this.looks += 1;
    this.whenLooked();
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("lookouts", () => {
  test("look at all that wait and at nobody who was removed, wherever they stood", () => {
    const lookouts = new Lookouts();
    const all = Array.from({ length: 5 }, () => new Watched());
    all.forEach((one) => lookouts.add(one));
    for (const at of [0, 4, 2]) {
      lookouts.remove(all[at] as Watched);
    }
    vi.advanceTimersByTime(25);
    expect(all.map(({ looks }) => looks)).toEqual([0, 1, 0, 1, 0]);
  });

  test("let what they look at go, and come again, in the middle of a look", () => {
    const lookouts = new Lookouts();
    const all: Watched[] = Array.from({ length: 6 }, (_, at) => {
      const one: Watched = new Watched(() => {
        lookouts.remove(one);
        if (at % 2 === 0) {
          lookouts.add(one);
        }
      });
      return one;
    });
    all.forEach((one) => lookouts.add(one));
    vi.advanceTimersByTime(25);
    expect(all.map(({ looks }) => looks)).toEqual([1, 1, 1, 1, 1, 1]);
    vi.advanceTimersByTime(20);
    expect(all.map(({ looks }) => looks)).toEqual([2, 1, 2, 1, 2, 1]);
  });

  test("keep no timer when nothing waits, and start one again", () => {
    const lookouts = new Lookouts();
    const one = new Watched();
    lookouts.add(one);
    lookouts.remove(one);
    vi.advanceTimersByTime(25);
    expect(vi.getTimerCount()).toBe(0);
    lookouts.add(one);
    vi.advanceTimersByTime(25);
    expect(one.looks).toBe(1);
    lookouts.remove(one);
  });

  test("removing what is not there changes nothing", () => {
    const lookouts = new Lookouts();
    const [one, other] = [new Watched(), new Watched()];
    lookouts.add(one);
    lookouts.remove(other);
    vi.advanceTimersByTime(25);
    expect(one.looks).toBe(1);
    lookouts.remove(one);
  });
});

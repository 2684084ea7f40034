/** Prometheus metrics. Modules ask for theirs by name at start; asking twice gives the same one. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(
    name: string,
    help: string,
    labels?: readonly string[],
    collect?: (gauge: Gauge) => void | Promise<void>,
  ): Gauge;
  histogram(
    name: string,
    help: string,
    labels?: readonly string[],
    buckets?: readonly number[],
  ): Histogram;
  /** The exposition text and its content type. */
  expose(): Promise<{ readonly text: string; readonly contentType: string }>;
}

export interface Counter {
  inc(labels?: Readonly<Record<string, string>>, by?: number): void;
  /** The count of these labels alone, for what is counted so often that finding it counts. */
  of(labels: Readonly<Record<string, string>>): { inc(by?: number): void };
}

export interface Gauge {
  set(value: number, labels?: Readonly<Record<string, string>>): void;
}

export interface Histogram {
  /** In the unit that the name ends with, by convention seconds. */
  observe(value: number, labels?: Readonly<Record<string, string>>): void;
  /** The observations of these labels alone, for what is observed so often that finding them counts. */
  of(labels: Readonly<Record<string, string>>): { observe(value: number): void };
}

import fc from "fast-check";

/** What generated tests begin from, so that a run is the same each time; another one by `BASALT_TEST_SEED`. */
const SEED = 20_261_120;

fc.configureGlobal({ seed: Number(process.env["BASALT_TEST_SEED"] || SEED) });

import fc from "fast-check";

/** Random histories are the same in every run, so that a red test is red again: `TRICORD_TEST_SEED=<number>` draws others. */
fc.configureGlobal({ seed: Number(process.env.TRICORD_TEST_SEED ?? 20_261_123) });

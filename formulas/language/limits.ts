/** Characters (UTF-16 units) of one formula text. Ours: the language promises at least this many. */
export const FORMULA_MAX_CHARACTERS = 100_000;
/** Levels of calls, parentheses, signs and chained comparisons. Ours: the language promises at least 200. */
export const NESTING_MAX_LEVELS = 400;
/** Nodes of one tree. Ours: an OR over three thousand record ids fits. */
export const TREE_MAX_NODES = 25_000;
/** Characters that one text function may build (REPT, SUBSTITUTE and the like); beyond it the result is an error. */
export const TEXT_RESULT_MAX_CHARACTERS = 100_000;

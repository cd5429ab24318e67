// How many random cases the properties of schemas take: few each time, which is many in a week; `ERRAND_PAIRS` is the long form.
const { ERRAND_PAIRS } = process.env

export const runs = (usual: number): { readonly numRuns: number } => ({ numRuns: Number(ERRAND_PAIRS || usual) })

/** For what compiles schemas by the hundred, on a machine that is busy; the long form takes as long as it takes. */
export const slow = { timeout: ERRAND_PAIRS ? 3_600_000 : 120_000 }
